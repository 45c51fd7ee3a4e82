//! Which name was meant by one that nobody knows: a slip of the pen is told from another word.

/// Names shorter than this are near too many words, so only one slip is forgiven there.
const LONG_NAME: usize = 7;

/// The name that differs least, where it differs by a slip or two.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|known| (slips(name, known), known));
    let reach = |known: &str| if known.len() < LONG_NAME { 1 } else { 2 };
    near.filter(|(slips, known)| *slips <= reach(known)).min().map(|(_, known)| known)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour to make one name of the other.
fn slips(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let (mut two_above, mut previous) = (above.clone(), None);
    for (row, l) in left.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, r) in right.iter().enumerate() {
            let at = |cells: &[usize], back: usize| cells.get((column + 1).wrapping_sub(back)).copied();
            let changed = at(&above, 1).unwrap_or(0) + usize::from(l != *r);
            let left_out = at(&above, 0).unwrap_or(0) + 1;
            let put_in = at(&line, 1).unwrap_or(0) + 1;
            let before = column.checked_sub(1).and_then(|before| right.get(before));
            let swapped = match (previous, before) {
                (Some(p), Some(b)) if p == *r && *b == l => at(&two_above, 2).map(|cost| cost + 1),
                _ => None,
            };
            line.push(changed.min(left_out).min(put_in).min(swapped.unwrap_or(usize::MAX)));
        }
        two_above = std::mem::replace(&mut above, line);
        previous = Some(l);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (left, right, count) in
            [("", "AB", 2), ("AB", "BA", 1), ("ABC", "AC", 1), ("ABC", "ABC", 0), ("KITTEN", "SITTING", 3)]
        {
            assert_eq!(slips(left, right), count, "{left} {right}");
        }
    }
}
