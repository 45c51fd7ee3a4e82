//! What a sheet's first row calls its columns. Capitals and blanks do not matter, and neither does what stands in brackets.

use super::What;

/// The columns that a contact has, as they are written.
pub const COLUMNS: [&str; 7] =
    ["firstName", "lastName", "phone", "dateOfBirth", "customData", "notes", "timezone"];

/// Which field of a contact a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    FirstName,
    LastName,
    Phone,
    DateOfBirth,
    CustomData,
    Notes,
    Zone,
    /// Anything else, by its name: a field of the contact's own data.
    Extra(String),
}

impl Column {
    const KNOWN: [Self; 7] = [
        Self::FirstName,
        Self::LastName,
        Self::Phone,
        Self::DateOfBirth,
        Self::CustomData,
        Self::Notes,
        Self::Zone,
    ];

    /// As it is called in what is told of a row.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Phone => "phone",
            Self::DateOfBirth => "dateOfBirth",
            Self::CustomData => "customData",
            Self::Notes => "notes",
            Self::Zone => "timezone",
            Self::Extra(name) => name,
        }
    }
}

/// Why the first row names no columns. It quotes nothing: where the names are missing, it is a person's row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeading {
    #[error(
        "the first row has to name the columns ({}); {} is not among them",
        COLUMNS.join(", "),
        missing
    )]
    Missing { missing: &'static str },
    #[error("the first row names the column {name} twice")]
    Twice { name: &'static str },
    #[error("the first row has to name the columns ({}); it holds a formula without its value", COLUMNS.join(", "))]
    Formula,
    #[error("the file names its columns and has no rows below them")]
    NoRows,
}

/// The columns in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heading(pub(super) Vec<Column>);

impl Heading {
    pub(super) fn read<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, BadHeading> {
        let mut columns: Vec<Column> = vec![];
        for (name, number) in names.zip(1..) {
            let column = known(name).unwrap_or_else(|| extra(name, number, &columns));
            if columns.contains(&column)
                && let Some(name) = COLUMNS.into_iter().find(|known| *known == column.name())
            {
                return Err(BadHeading::Twice { name });
            }
            columns.push(column);
        }
        for needed in [Column::FirstName, Column::Phone] {
            if !columns.contains(&needed) {
                let missing = COLUMNS.into_iter().find(|known| *known == needed.name()).unwrap_or("phone");
                return Err(BadHeading::Missing { missing });
            }
        }
        Ok(Self(columns))
    }

    /// The columns that a row may have beyond those that are named.
    pub(super) fn of(&self, column: usize) -> Column {
        self.0.get(column).cloned().unwrap_or_else(|| Column::Extra(nameless(column + 1)))
    }
}

fn known(name: &str) -> Option<Column> {
    let name = name.split('(').next().unwrap_or_default();
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    Column::KNOWN.into_iter().find(|column| column.name().to_lowercase() == plain)
}

/// No two have the same name, so that none hides another.
fn extra(name: &str, number: usize, before: &[Column]) -> Column {
    let name = name.trim();
    let name = if name.is_empty() { nameless(number) } else { name.chars().take(What::SHOWN_MAX).collect() };
    let taken = |name: &str| before.iter().any(|column| column.name() == name);
    let mut numbered = (2..).map(|n| format!("{name} ({n})"));
    if taken(&name) {
        return Column::Extra(numbered.find(|name| !taken(name)).unwrap_or(name));
    }
    Column::Extra(name)
}

fn nameless(number: usize) -> String {
    format!("column {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &str) -> Result<Vec<Column>, BadHeading> {
        Heading::read(names.split('|')).map(|heading| heading.0)
    }

    #[test]
    fn columns_are_known_however_they_are_written() {
        let all = Column::KNOWN.to_vec();
        for names in [
            "firstName|lastName|phone|dateOfBirth|customData|notes|timezone",
            "FIRSTNAME| Last Name |Phone|date of birth|customData (JSON string)|NOTES|Time Zone",
            "first_name|last-name|phone|DateOfBirth|custom data(JSON)|Notes |timezone",
        ] {
            assert_eq!(read(names), Ok(all.clone()), "{names}");
        }
    }

    #[test]
    fn what_is_not_known_keeps_its_name() {
        let extra = |name: &str| Column::Extra(name.to_owned());
        assert_eq!(
            read("phone|Total Debt||firstname|Total Debt").unwrap(),
            [
                Column::Phone,
                extra("Total Debt"),
                extra("column 3"),
                Column::FirstName,
                extra("Total Debt (2)")
            ]
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let missing = |names| read(names).unwrap_err().to_string();
        assert!(missing("firstName|tel").ends_with("; phone is not among them"));
        let told = missing("Ali|Valijonov|+998901234567");
        assert!(told.contains("(firstName, lastName, phone,") && !told.contains("Ali"), "{told}");
        assert_eq!(read("phone|firstName|Phone"), Err(BadHeading::Twice { name: "phone" }));
    }
}
