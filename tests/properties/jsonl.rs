use ports::{Attribute, Record};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

fn attribute() -> impl Strategy<Value = Attribute> {
    let leaf = prop_oneof![
        ".{0,20}".prop_map(Attribute::S),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,7})?(E[+-]?[0-9]{1,2})?".prop_map(Attribute::N),
        ".{0,6}".prop_map(Attribute::N),
        vec(any::<u8>(), 0..20).prop_map(Attribute::B),
        any::<bool>().prop_map(Attribute::Bool),
        Just(Attribute::Null),
        btree_set(".{0,5}", 0..4).prop_map(Attribute::Ss),
        btree_set(vec(any::<u8>(), 0..5), 0..4).prop_map(Attribute::Bs),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Attribute::L),
            btree_map(".{0,5}", inner, 0..4).prop_map(Attribute::M),
        ]
    })
}

fn line(record: &Record) -> Vec<u8> {
    let mut line = Vec::new();
    domain::render::jsonl::line(record, &mut line);
    line
}

proptest! {
    #[test]
    fn any_record_is_one_line_of_json_and_always_the_same(record in btree_map(".{0,8}", attribute(), 0..6)) {
        let bytes = line(&record);
        prop_assert_eq!(bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).collect::<Vec<_>>(), [bytes.len() - 1, 0]);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(value.as_object().unwrap().len(), record.len());
        prop_assert_eq!(bytes, line(&record.clone()));
    }

    #[test]
    fn m3_a_number_keeps_its_text(digits in "-?(0|[1-9][0-9]{0,37})(\\.[0-9]{1,37})?") {
        let record = Record::from([("n".to_owned(), Attribute::N(digits.clone()))]);
        prop_assert_eq!(String::from_utf8(line(&record)).unwrap(), format!("{{\"n\":{digits}}}\n"));
    }
}
