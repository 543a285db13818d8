/// The circles that are known; it may only get shorter.
pub(crate) const UNTIDY: &[&str] = &[
    "kami-store: act_list, acts, listing, log",
    "kami-store: database_url, protection",
    "kami-store: lookup, migrations, routines, store, takeover",
    "kami-store::grants: account, role",
    "kami-store::takeover: codes, rows",
    "kami-store::takeover: plan, survey",
    "kami-transfer: encoding, gathering, guess, header, import, lines, notice, refusal, rows, split, understood",
];
