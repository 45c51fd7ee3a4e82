//! What is wrong with an address behind its question mark, in our own words: which parameter, and what it has to be.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::problem::Problem;

/// Every parameter that is known, and the largest number that it may be.
const NUMBERS: [(&str, u64); 3] = [("limit", 4_294_967_295), ("cursor", u64::MAX), ("minPosition", u64::MAX)];

/// Says why a query was not understood.
pub(super) fn wrong(request: &HttpRequest) -> Problem {
    of(request.query_string())
}

fn of(query: &str) -> Problem {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::from_query(query) else {
        return Problem::parameter("query", "cannot be understood");
    };
    let mut met = HashSet::new();
    for (name, value) in &pairs {
        let Some((name, max)) = NUMBERS.into_iter().find(|(known, _)| known == name) else { continue };
        if !value.parse().is_ok_and(|number: u64| number <= max) {
            return Problem::parameter(name, format!("has to be a whole number of at most {max}"));
        }
        if !met.insert(name) {
            return Problem::parameter(name, "is there twice");
        }
    }
    Problem::parameter("query", "cannot be understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_parameter_is_named() {
        for (query, told) in [
            ("limit=many", "bad-parameter: limit has to be a whole number of at most 4294967295"),
            ("limit=4294967296", "bad-parameter: limit has to be a whole number of at most 4294967295"),
            (
                "limit=1&cursor=-1",
                "bad-parameter: cursor has to be a whole number of at most 18446744073709551615",
            ),
            (
                "x=y&minPosition=",
                "bad-parameter: minPosition has to be a whole number of at most 18446744073709551615",
            ),
            ("limit=1&limit=2", "bad-parameter: limit is there twice"),
            ("x=1&x=2", "bad-parameter: query cannot be understood"),
        ] {
            assert_eq!(of(query).to_string(), told, "{query}");
        }
    }
}
