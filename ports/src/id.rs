use aws_vocabulary::{id, is_printable};

id!(
    /// The key of a ledger entry: what must happen once. At most 1,024 bytes.
    LedgerKey, "ledger key", "1 to 1,024 bytes of printable text", |text| is_printable(text, 1024)
);
