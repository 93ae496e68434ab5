//! Warnings: sentences about what a folder has and Hearth passes over, as the reference implementations do.

/// Names that a warning shows.
const SHOWN: usize = 8;
/// Characters of a name that it shows.
const LENGTH: usize = 80;

/// The warning that `names` of `file` were passed over, for `why`: words after "what". `None` where there are none.
#[must_use]
pub fn passed_over<'a>(file: &str, why: &str, mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    about(file, &format!("passed over what {why}"), &mut names)
}

/// The warning that `what`, said of `file`, is true of these names. `None` where there are none.
#[must_use]
pub fn about(file: &str, what: &str, names: &mut dyn Iterator<Item = &str>) -> Option<String> {
    let shown: Vec<String> = names
        .take(SHOWN)
        .map(|name| format!("{:?}", name.chars().take(LENGTH).collect::<String>()))
        .collect();
    let rest = match names.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!shown.is_empty()).then(|| format!("{file}: {what}: {}{rest}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_names_are_cut() {
        let names: Vec<String> = (0..20).map(|n| format!("n{n}")).collect();
        let warning = |count: usize| passed_over("a", "b does", names[..count].iter().map(String::as_str));
        assert_eq!(warning(0), None);
        assert_eq!(warning(2).unwrap(), r#"a: passed over what b does: "n0", "n1""#);
        assert!(warning(8).unwrap().ends_with(r#""n7""#));
        assert!(warning(20).unwrap().ends_with(r#""n7" and 12 more"#));
        assert!(passed_over("a", "b does", std::iter::once("x".repeat(1000).as_str())).unwrap().len() < 120);
    }
}
