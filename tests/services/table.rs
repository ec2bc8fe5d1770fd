//! Tables of `DynamoDB`: what they take, and how late they show it.

use cloud_sim::Sim;
use cloud_sim::cloud::ApiError;
use cloud_sim::cloud::dynamodb::Index;
use cloud_sim::fault::{Consistency, FaultPlan};
use ports::{Attribute, Record};

use crate::world::{minutes, troubled, world};

fn with_table(sim: Sim) -> Sim {
    sim.cloud(|cloud| {
        cloud.dynamodb.add_table("t", "id");
        cloud.dynamodb.add_index("t", "i", Index::of_keys("k"));
    });
    sim
}

fn item(id: &str, attribute: Attribute) -> Record {
    Record::from([("id".to_owned(), Attribute::S(id.to_owned())), ("v".to_owned(), attribute)])
}

/// An item that the index may hold.
fn indexed(id: &str, key: &str) -> Record {
    let mut item = item(id, Attribute::Null);
    item.insert("k".to_owned(), Attribute::S(key.to_owned()));
    item
}

fn put(sim: &Sim, item: Record) -> Result<(), ApiError> {
    sim.act(|cloud, context| cloud.put_item("t", item, context))
}

fn refused(attribute: Attribute) -> Option<String> {
    put(&with_table(world()), item("a", attribute)).err().map(|error| error.message)
}

fn number(digits: &str) -> Option<String> {
    refused(Attribute::N(digits.to_owned()))
}

fn in_index(sim: &Sim) -> Vec<Record> {
    let now = sim.now();
    sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().query_index(("i", "yes"), None, now)).unwrap().items
}

#[test]
fn a_number_has_38_digits() {
    assert_eq!(number(&"9".repeat(38)), None);
    assert_eq!(number(&format!("0.{}", "123456789".repeat(4))), None);
    assert_eq!(number(&format!("{}000", "1".repeat(38))), None);
    assert!(number(&"9".repeat(39)).unwrap().contains("38 significant digits"));
    assert!(number("twelve").is_some() && number("").is_some());
}

#[test]
fn a_number_is_neither_too_large_nor_too_small() {
    for (digits, why) in [
        ("9.99E+125", None),
        ("-9.99e125", None),
        ("1E-130", None),
        ("0", None),
        ("1E126", Some("overflow")),
        ("9.9E-131", Some("underflow")),
    ] {
        let refused = number(digits);
        assert_eq!(refused.is_some(), why.is_some(), "{digits}");
        assert!(refused.is_none_or(|message| message.contains(why.unwrap())), "{digits}");
    }
}

#[test]
fn numbers_inside_lists_maps_and_sets_count_and_a_set_is_never_empty() {
    let long = || Attribute::N("9".repeat(39));
    assert!(refused(Attribute::L(vec![Attribute::Null, long()])).is_some());
    assert!(refused(Attribute::M([("k".to_owned(), long())].into())).is_some());
    assert!(refused(Attribute::Ns(vec!["9".repeat(39)].into_iter().collect())).is_some());
    assert!(refused(Attribute::Ss(Vec::<String>::new().into_iter().collect())).is_some());
}

#[test]
fn an_item_has_400_kb_and_its_names_count() {
    let text = |length: usize| Attribute::S("x".repeat(length));
    // "id", "a" and "v" are four bytes.
    assert_eq!(refused(text(400 * 1024 - 4)), None);
    assert_eq!(
        refused(text(400 * 1024 - 3)).as_deref(),
        Some("Item size has exceeded the maximum allowed size")
    );
}

#[test]
fn a_page_ends_after_a_megabyte_whatever_the_filter_lets_through() {
    let sim = with_table(world());
    for n in 0..8 {
        put(&sim, item(&n.to_string(), Attribute::S("x".repeat(300 * 1024)))).unwrap();
    }
    let page = sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().scan((0, 1), None, |_| false)).unwrap();
    assert!(page.items.is_empty() && page.next.is_some());
}

#[test]
fn what_has_expired_is_read_and_written_until_the_table_forgets_it() {
    let sim = with_table(world());
    let over = item("a", Attribute::N("1000000000".to_owned()));
    put(&sim, over.clone()).unwrap();
    minutes(&sim, 60);
    let get = || sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().get("a").cloned());
    assert_eq!(get(), Some(over.clone()));
    put(&sim, over).unwrap();
    let now = sim.now();
    sim.cloud(|cloud| cloud.dynamodb.expire("t", "v", now));
    assert_eq!(get(), None);
}

#[test]
fn an_index_may_show_late_what_the_table_shows_at_once() {
    let consistency = Consistency { soonest: 10, latest: 20, late_in_index: 1000, ..Consistency::default() };
    let sim = with_table(troubled(1, FaultPlan { consistency, ..FaultPlan::default() }));
    put(&sim, indexed("a", "yes")).unwrap();
    assert!(sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().get("a").is_some()));
    assert_eq!(in_index(&sim).len(), 0);
    minutes(&sim, 1);
    assert_eq!(in_index(&sim).len(), 1);
}

#[test]
fn an_index_holds_what_has_its_attribute_and_of_that_what_it_projects() {
    let sim = with_table(world());
    for written in [item("a", Attribute::Null), indexed("b", "no"), indexed("c", "yes")] {
        put(&sim, written).unwrap();
    }
    let mut keys = indexed("c", "yes");
    keys.remove("v");
    assert_eq!(in_index(&sim), [keys]);
}

#[test]
fn an_index_that_is_not_there_or_not_yet_filled_cannot_be_read() {
    let sim = with_table(world());
    let asked = |sim: &Sim| {
        let now = sim.now();
        let page = sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().query_index(("i", "yes"), None, now));
        page.unwrap_err().message
    };
    sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().indexes.get_mut("i").unwrap().is_filling = true);
    assert_eq!(asked(&sim), "Cannot read from backfilling global secondary index: i");
    sim.cloud(|cloud| cloud.dynamodb.table("t").unwrap().indexes.clear());
    assert_eq!(asked(&sim), "The table does not have the specified index: i");
}
