//! The metadata of `arrow.fixed_shape_tensor`: JSON of three fields.
//!
//! Source: "Canonical Extension Types" of Arrow's documentation.

/// What the extension is called.
pub(super) const NAME: &str = "arrow.fixed_shape_tensor";

/// The metadata for rows of this shape.
pub(super) fn write(shape: &[usize]) -> String {
    let lens: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("{{\"shape\":[{}]}}", lens.join(","))
}

/// The shape that the metadata tells, if they are such, and say of no other order of axes.
pub(super) fn parse(text: &str) -> Option<Vec<usize>> {
    let mut parser = Parser { rest: text.trim() };
    let (mut shape, mut permutation) = (None, None);
    parser.list('{', '}', |parser| {
        let name = parser.string()?;
        parser.eat(':')?;
        let is_new = match name {
            "shape" => shape.replace(parser.numbers()?).is_none(),
            "permutation" => permutation.replace(parser.numbers()?).is_none(),
            "dim_names" => parser.list('[', ']', |parser| parser.string().map(drop)).is_some(),
            _ => false,
        };
        is_new.then_some(())
    })?;
    let shape: Vec<usize> = shape.filter(|_| parser.rest.is_empty())?;
    let in_order = |axes: Vec<usize>| axes.into_iter().eq(0..shape.len());
    permutation.is_none_or(in_order).then_some(shape)
}

/// Takes a text apart from its start.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Takes a character, and spaces around it.
    fn eat(&mut self, character: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(character)?.trim_start();
        Some(())
    }

    /// Items between two characters, with commas between them.
    fn list(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.eat(open)?;
        if self.eat(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.eat(',').is_none() {
                return self.eat(close);
            }
        }
    }

    fn numbers(&mut self) -> Option<Vec<usize>> {
        let mut numbers = Vec::new();
        self.list('[', ']', |parser| {
            let end = parser.rest.find(|c: char| !c.is_ascii_digit())?;
            let (digits, rest) = parser.rest.split_at(end);
            parser.rest = rest;
            numbers.push(digits.parse().ok()?);
            Some(())
        })?;
        Some(numbers)
    }

    /// A string as it is written, between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest.strip_prefix('"')?;
        let mut is_escaped = false;
        let end = rest.find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        })?;
        self.rest = &rest[end + 1..];
        Some(&rest[..end])
    }
}
