//! JSON of a peer, bounded in depth and in the number of values: eight megabytes of `{},{},…` would become a gigabyte of values.
//! serde_json's own bound on depth is twice ours and cannot be set; it has none on the number.

use serde_json::Value;

/// How deep arrays and objects may be nested (SECURITY.md, S30).
const MAX_DEPTH: usize = 64;

/// How many values an answer may hold (SECURITY.md, S47). The densest page of Graph, full of assignments, has one value in 36
/// bytes: 8 MB of it are below this.
const MAX_VALUES: usize = 250_000;

/// Reads a body. The error quotes nothing of it.
pub(crate) fn parse(body: &[u8]) -> Result<Value, String> {
    bounded(body)?;
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// Counts the brackets and commas outside of texts before a value is built. The parser refuses what is not JSON.
fn bounded(body: &[u8]) -> Result<(), String> {
    let (mut depth, mut values, mut text, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'[' | b'{' if !text => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' if !text => depth = depth.saturating_sub(1),
            b',' if !text => values += 1,
            _ => continue,
        }
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        if values > MAX_VALUES {
            return Err(format!("it holds more than {MAX_VALUES} values"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s30_nesting_is_bounded_and_brackets_in_texts_are_text() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        for bomb in [nested(MAX_DEPTH + 1), "{\"a\":".repeat(65), "[".repeat(8_000_000)] {
            let error = parse(bomb.as_bytes()).unwrap_err();
            assert!(error.contains("deeper"), "{error}");
        }
        for text in ["[".repeat(500), "\\\"[".repeat(100), format!("\\\\\\\"{}", "{".repeat(100))] {
            assert!(parse(format!("[\"{text}\"]").as_bytes()).is_ok(), "{text}");
        }
        assert!(parse(b"[{}, {}, []]").is_ok());
        assert!(parse(b"]]]").is_err());
    }

    #[test]
    fn s47_an_answer_of_countless_empty_values_is_refused_before_it_is_built() {
        for (value, count) in [
            ("0", 4_000_000),
            ("[]", 2_700_000),
            ("{}", 2_700_000),
            ("{\"a\":0}", 900_000),
            ("\"\"", 2_700_000),
        ] {
            let bomb = format!("{{\"value\":[{}{value}]}}", format!("{value},").repeat(count));
            let error = parse(bomb.as_bytes()).unwrap_err();
            assert!(error.contains("more than 250000 values"), "{value}: {error}");
        }
        let members: String = (0..MAX_VALUES).map(|n| format!("\"{n}\":0,")).collect();
        assert!(parse(format!("{{{members}\"x\":0}}").as_bytes()).is_err());
        // Commas in texts are text, and what Graph means is below the limit: as many assignments as fit into an answer.
        assert!(parse(format!("[\"{}\"]", ",".repeat(MAX_VALUES + 1)).as_bytes()).is_ok());
        let id = "00000000-0000-4000-8000-000000000000";
        let kind = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";
        let plan = "\"servicePlanId\":null,\"allotmentLicensesCount\":null,\"allotmentDisplayName\":null";
        let one = format!("{{\"id\":\"{id}_{id}\",\"target\":{{\"@odata.type\":\"{kind}\",\"groupId\":\"{id}\",{plan}}}}}");
        let page = format!("[{}]", vec![one.as_str(); (8 << 20) / (one.len() + 1)].join(","));
        assert!(page.len() <= 8 << 20 && parse(page.as_bytes()).is_ok());
    }
}
