//! Going through the rows of a list with the arrow keys, from the field above them and back.

use egui::{FocusDirection, Id, Key, Memory, Modifiers, Rect, Response, Ui};

/// The rows of a list, from top to bottom, and where they are.
#[derive(Clone, Default)]
struct Rows {
    /// Those that were drawn in this frame so far; none while no list is drawn.
    drawn: Option<Vec<(Id, Rect)>>,
    /// Those of the list that was drawn last.
    last: Vec<(Id, Rect)>,
}

/// The rows that are drawn from here on are those of a list.
pub fn begin(ui: &Ui) {
    with(ui, |rows| rows.drawn = Some(Vec::new()));
}

/// This is the next row, if a list is drawn.
pub fn step(ui: &Ui, response: &Response) {
    with(ui, |rows| {
        if let Some(drawn) = &mut rows.drawn {
            drawn.push((response.id, response.rect));
        }
    });
}

/// All rows of the list were drawn. Does what the arrow keys say, in them and in the field above them. The row
/// that they lead to is scrolled into sight.
pub fn end(ui: &Ui, field: Id) {
    let rows = with(ui, |rows| {
        rows.last = rows.drawn.take().unwrap_or_default();
        rows.last.clone()
    });
    let Some(focused) = ui.memory(Memory::focused) else {
        return;
    };
    let at = rows.iter().position(|(row, _)| *row == focused);
    if at.is_none() && focused != field {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (next, otherwise) = if pressed(Key::ArrowDown) {
        (rows.get(at.map_or(0, |at| at + 1)), focused)
    } else if pressed(Key::ArrowUp) {
        let above = at.and_then(|at| at.checked_sub(1));
        (above.and_then(|above| rows.get(above)), field)
    } else {
        return;
    };
    if let Some((_, rect)) = next {
        ui.scroll_to_rect(*rect, None);
    }
    ui.memory_mut(|memory| {
        // egui would go to whatever lies there in the window.
        memory.move_focus(FocusDirection::None);
        memory.request_focus(next.map_or(otherwise, |(row, _)| *row));
    });
}

/// Whether the keyboard was in a row of the list until this frame: Escape takes it away before anybody sees
/// that.
pub fn was_in_rows(ui: &Ui) -> bool {
    let rows = with(ui, |rows| rows.last.clone());
    ui.memory(|memory| {
        rows.iter()
            .any(|(row, _)| memory.had_focus_last_frame(*row))
    })
}

fn with<T>(ui: &Ui, then: impl FnOnce(&mut Rows) -> T) -> T {
    ui.data_mut(|data| then(data.get_temp_mut_or_default(Id::unique("rows_of_list"))))
}
