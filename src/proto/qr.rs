//! Text as a QR code.

use qrcode::{EcLevel, QrCode, render::svg};

/// A QR code as SVG, black on white whatever the theme, with its quiet zone. Empty if the text is
/// longer than a QR code can be (2,900 bytes).
pub fn svg(text: &[u8]) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return String::new();
    };
    code.render::<svg::Color<'_>>()
        .min_dimensions(256, 256)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_drawn_and_an_endless_one_is_not() {
        assert!(svg(b"BX1:ABC").contains("<svg"));
        assert_eq!(svg(&[b'a'; 10_000]), "");
    }
}
