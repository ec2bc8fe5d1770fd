//! Inputs that are nearly right: what somebody wrote, cut, doubled, grafted and flipped. The same number gives the same
//! input.

use std::path::Path;

use serde_json::{Map, Value, json};

/// The longest input: enough for every bound of a parser, and no longer than is quick.
const LONGEST: usize = 16 * 1024;

/// What parsers trip over.
const TOKENS: [&[u8]; 32] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b",",
    b":",
    b"*",
    b"**",
    b"?",
    b"/",
    b"-",
    b"#",
    b"null",
    b"-1",
    b"0.1",
    b"1e999",
    b"99999999999999999999999999999999999999999",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"\n",
    b"\x1b[2J",
    b"\xc2\x9b",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b" AND ",
    b"$or",
];

/// What opens something, over and over.
const OPENERS: [&[u8]; 6] = [b"[", b"{\"a\":", b"(", b"NOT ", b"{\"$or\":[", b"list_append("];

/// Numbers in no order that anybody sees: `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another; zero below zero.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A part of something: where it begins and ends.
    fn span(&mut self, length: usize, longest: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let most = longest.min(length - from);
        (from, from + self.below(most + 1))
    }
}

/// Inputs to begin with, and everything in them that can be grafted onto another.
#[derive(Debug)]
pub struct Corpus {
    inputs: Vec<Vec<u8>>,
    grafts: Vec<Value>,
}

impl Corpus {
    /// The files of folders beside this package's manifest, by their names.
    pub fn read(folders: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end != "md"));
        files.sort();
        let inputs: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
        assert!(!inputs.is_empty(), "{folders:?}");
        let mut grafts = vec![
            Value::Null,
            true.into(),
            json!({}),
            json!([]),
            json!([[]]),
            (-1).into(),
            u64::MAX.into(),
            0.5.into(),
            "".into(),
            "x".repeat(5000).into(),
            "\u{1b}[2J\u{202e}\u{9b}\n".into(),
            json!({ "": null }),
        ];
        for input in &inputs {
            let _ = serde_json::from_slice(input).map(|value: Value| parts(&value, &mut grafts));
        }
        Self { inputs, grafts }
    }

    /// What somebody wrote.
    pub fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }

    /// One of them, changed a few times.
    pub fn mutation(&self, dice: &mut Dice) -> Vec<u8> {
        let mut input = dice.pick(&self.inputs).clone();
        for _ in 0..=dice.below(3) {
            match serde_json::from_slice(&input) {
                Ok(mut value) if dice.below(3) != 0 => {
                    self.change(&mut value, dice);
                    input = value.to_string().into_bytes();
                }
                Ok(_) | Err(_) => self.mangle(&mut input, dice),
            }
            input.truncate(LONGEST);
        }
        input
    }

    /// Changes a JSON value somewhere.
    fn change(&self, value: &mut Value, dice: &mut Dice) {
        let nth = dice.below(count(value));
        let place = find(value, &mut nth.clone()).unwrap();
        if let Value::String(text) = place
            && let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
            && dice.below(4) != 0
        {
            self.change(&mut inner, dice);
            *place = inner.to_string().into();
            return;
        }
        match (dice.below(6), place) {
            (0, Value::Array(list)) if !list.is_empty() => list.push(dice.pick(list).clone()),
            (1, Value::Array(list)) if !list.is_empty() => drop(list.remove(dice.below(list.len()))),
            (0, Value::Object(map)) if !map.is_empty() => double(map, dice),
            (1, Value::Object(map)) if !map.is_empty() => drop(map.remove(&key(map, dice))),
            (2, place) => *place = json!([place.take()]),
            (3, place) => *place = json!({ "a": place.take() }),
            (_, place) => *place = dice.pick(&self.grafts).clone(),
        }
    }

    /// Changes bytes somewhere.
    fn mangle(&self, input: &mut Vec<u8>, dice: &mut Dice) {
        let at = dice.below(input.len() + 1);
        let (from, to) = dice.span(input.len(), 64);
        match dice.below(8) {
            0 => input.truncate(at),
            1 => drop(input.drain(from..to)),
            2 => {
                let part = input[from..to].to_vec();
                insert(input, at, &part);
            }
            3 => {
                let other = dice.pick(&self.inputs);
                let (from, to) = dice.span(other.len(), 256);
                insert(input, at, &other[from..to]);
            }
            4 => insert(input, at, &dice.pick(&OPENERS).repeat(1 + dice.below(3000))),
            5 if at < input.len() => input[at] ^= 1 << dice.below(8),
            6 if at < input.len() => input[at] = u8::try_from(dice.below(256)).unwrap(),
            _ => insert(input, at, dice.pick::<&[u8]>(&TOKENS)),
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    drop(input.splice(at..at, bytes.iter().copied()));
}

fn key(map: &Map<String, Value>, dice: &mut Dice) -> String {
    map.keys().nth(dice.below(map.len())).unwrap().clone()
}

/// Gives a member another name, which may be that of another.
fn double(map: &mut Map<String, Value>, dice: &mut Dice) {
    let (from, to) = (key(map, dice), key(map, dice));
    let value = map[&from].clone();
    map.insert(if from == to { format!("{to}\u{202e}") } else { to }, value);
}

fn inner(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn parts(value: &Value, into: &mut Vec<Value>) {
    into.push(value.clone());
    for inner in inner(value) {
        parts(inner, into);
    }
}

fn count(value: &Value) -> usize {
    1 + inner(value).into_iter().map(count).sum::<usize>()
}

/// The value of a number, in the order that they are written in.
fn find<'a>(value: &'a mut Value, nth: &mut usize) -> Option<&'a mut Value> {
    if *nth == 0 {
        return Some(value);
    }
    *nth -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|inner| find(inner, nth)),
        Value::Object(map) => map.values_mut().find_map(|inner| find(inner, nth)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
