//! Codes that the table tells apart and kami does not: the form's collation, or the rule by which it matches them.

use std::hash::{BuildHasher, RandomState};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::form::TableForm;
use super::plan::has;
use super::survey::TableFacts;
use super::{NAMED, Refusal, Takeover};
use crate::StoreError;
use kami_core::canonical::canonical;
use kami_core::card::mask;

/// Codes that the form takes for the same, where the table tells them apart.
pub(super) async fn collisions(
    connection: &mut Conn,
    form: &TableForm,
    facts: &TableFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let column = form.columns.iter().find(|column| column.name == "full_code");
    let Some(collation) = column.and_then(|column| column.collation) else { return Ok(()) };
    let is_unique = form.indexes.iter().any(|index| index.name == "full_code" && has(facts, index));
    if is_unique && facts.column("full_code").and_then(|found| found.collation.as_deref()) == Some(collation)
    {
        return Ok(());
    }
    let same = format!(
        "SELECT MIN(id) AS first, MAX(id) AS last FROM cards \
         GROUP BY CONVERT(full_code USING utf8mb4) COLLATE {collation} HAVING COUNT(*) > 1"
    );
    let codes: Option<u64> = connection.query_first(format!("SELECT COUNT(*) FROM ({same}) AS same")).await?;
    let codes = codes.ok_or(StoreError::Undecodable)?;
    if codes > 0 {
        let query = format!(
            "SELECT same.first, same.last, CONVERT(cards.full_code USING utf8mb4) FROM ({same} LIMIT {NAMED}) AS same \
             JOIN cards ON cards.id = same.first"
        );
        let pairs: Vec<(u64, u64, String)> = connection.query(query).await?;
        let pairs = pairs.into_iter().map(|(first, last, code)| (first, last, mask(&code))).collect();
        takeover.refusals.push(Refusal::Collisions { codes, pairs });
    }
    Ok(())
}

/// Codes that the collation tells apart and people do not, as by the kind of a hyphen. They are looked for where there is
/// one at all that is not in its [`canonical`] form but for its case.
pub(super) async fn spellings(connection: &mut Conn, takeover: &mut Takeover) -> Result<(), StoreError> {
    let all = "SELECT id, CONVERT(full_code USING utf8mb4) FROM cards";
    let other = format!("{all} WHERE CONVERT(full_code USING utf8mb4) REGEXP '[^!-~]'");
    let has_other = connection
        .query_fold(other, false, |has, (_, code): (u64, String)| {
            has || canonical(&code) != code.to_uppercase()
        })
        .await?;
    if !has_other {
        return Ok(());
    }
    // Sixteen bytes a card, of which there may be millions.
    let hasher = RandomState::new();
    let mut forms = connection
        .query_fold(all, Vec::new(), |mut forms, (id, code): (u64, String)| {
            forms.push((hasher.hash_one(canonical(&code)), id));
            forms
        })
        .await?;
    forms.sort_unstable();
    let (mut codes, mut pairs) = (0, Vec::new());
    for same in forms.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        codes += 1;
        if pairs.len() < NAMED {
            let (first, last) = (same[0].1, same[same.len() - 1].1);
            let code: Option<String> = connection
                .exec_first(format!("{all} WHERE id = ?"), (first,))
                .await?
                .map(|(_, code): (u64, String)| code);
            pairs.push((first, last, mask(&code.unwrap_or_default())));
        }
    }
    if codes > 0 {
        takeover.refusals.push(Refusal::Collisions { codes, pairs });
    }
    Ok(())
}
