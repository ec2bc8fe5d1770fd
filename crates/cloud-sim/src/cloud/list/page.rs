use std::fmt::Write;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Listing;
use crate::cloud::ApiError;
use crate::kernel::Context;
use crate::rule::Sometimes;

/// How a kind of list comes in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The fewest results that may be asked for at once.
    pub least: u32,
    /// The most that are given at once; who asks for more gets so many.
    pub most: u32,
    /// How many really come at once; fewer than were asked for, to meet second pages in small worlds.
    pub at_once: usize,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// What it holds; perhaps nothing, although there is more.
    pub items: Vec<T>,
    /// Where the next one begins; `None` after the last one.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// The same page of something else.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

/// In how many orders a list may come; the first is that of its ids. "The order of the elements in the response might
/// vary. Applications should not assume that the elements appear in a particular order"
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
const ORDERS: u32 = 1000;

impl Paging {
    /// That of most of EC2's lists: from 5 to 1,000 results
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
    pub const USUAL: Self = Self { least: 5, most: 1000, at_once: 1000 };

    /// Checks what a request says of pages; gives how many results it may get at once, if that is limited.
    ///
    /// # Errors
    ///
    /// When it names ids and wants pages, or too small ones.
    pub(in crate::cloud) fn check(&self, listing: &Listing) -> Result<Option<usize>, ApiError> {
        if let Some(wanted) = listing.max_results {
            if !listing.ids.is_empty() {
                return Err(ApiError::rejected(
                    "InvalidParameterCombination",
                    "The parameter MaxResults cannot be used with a list of ids in the same request",
                ));
            }
            if wanted < self.least {
                let message = format!(
                    "Value ({wanted}) for parameter maxResults is invalid. Expecting a value of {} or greater.",
                    self.least
                );
                return Err(ApiError::rejected("InvalidParameterValue", message));
            }
        }
        let most =
            listing.max_results.map(|wanted| usize::try_from(wanted.min(self.most)).unwrap_or(self.at_once));
        Ok(most.map(|most| most.min(self.at_once)))
    }

    /// The page that a request asks for, of the wanted ones of all things, each with its id. Of a later page most things are
    /// known by their place to be on an earlier one, before anybody asks whether they are wanted.
    ///
    /// # Errors
    ///
    /// `InvalidPaginationToken` when its token is of another request, of none, or too old.
    pub(in crate::cloud) fn page<'a, T>(
        &self,
        listing: &Listing,
        all: impl Iterator<Item = (&'a str, T)>,
        wanted: impl Fn(&T) -> bool,
        context: &mut Context<'_>,
    ) -> Result<Listed<T>, ApiError> {
        let size = self.check(listing)?;
        let from = match &listing.token {
            // What it is bound to is only told where there is a next page: most lists have one.
            None => Token { order: context.choose("order", ORDERS), bound: 0, after: String::new() },
            Some(token) => reopened(token, bound(listing), context)?,
        };
        let before = (place(from.order, &from.after), from.after.as_str());
        let mut rest: Vec<(u64, &str, T)> = all
            .map(|(id, thing)| (place(from.order, id), id, thing))
            .filter(|(place, id, _)| from.after.is_empty() || before < (*place, *id))
            .filter(|(_, _, thing)| wanted(thing))
            .collect();
        let size =
            size.map(|size| shortened(size.min(rest.len()), context)).filter(|size| *size < rest.len());
        if let Some(size) = size {
            let by_place = |a: &(u64, &str, T), b: &(u64, &str, T)| (a.0, a.1).cmp(&(b.0, b.1));
            rest.select_nth_unstable_by(size, by_place);
            rest.truncate(size);
        }
        rest.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let next = size.map(|_| {
            let last = rest.last().map_or(from.after.as_str(), |(_, id, _)| id);
            Token { after: last.to_owned(), bound: bound(listing), order: from.order }.sealed()
        });
        Ok(Listed { items: rest.into_iter().map(|(_, _, thing)| thing).collect(), next })
    }
}

/// How many of so many come: pages may be short, or empty, and there is more all the same
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>).
fn shortened(size: usize, context: &mut Context<'_>) -> usize {
    if context.happens("trouble/short-page", context.plan().paging.short) {
        let most = u32::try_from(size).unwrap_or(u32::MAX);
        usize::try_from(context.choose("trouble/short-page-size", most)).unwrap_or(0)
    } else {
        size
    }
}

/// Reads a token, which must be of the same request and not too old: how long they live is not told. Whoever begins the list
/// again gets a new one.
fn reopened(token: &str, bound: u64, context: &mut Context<'_>) -> Result<Token, ApiError> {
    let expired = context.happens("trouble/expired-token", context.plan().paging.expired);
    let token = Token::opened(token).filter(|token| token.bound == bound && !expired);
    let token = token.ok_or_else(|| {
        ApiError::busy("InvalidPaginationToken", "The pagination token is not valid or has expired.")
    })?;
    context.sometimes(Sometimes::SecondPage);
    Ok(token)
}

/// What the requests for all pages of one list have in common.
fn bound(listing: &Listing) -> u64 {
    xxh3_64(format!("{:?}{:?}{:?}", listing.ids, listing.owners, listing.filters).as_bytes())
}

/// Where a thing comes in an order.
fn place(order: u32, id: &str) -> u64 {
    if order == 0 { 0 } else { xxh3_64_with_seed(id.as_bytes(), u64::from(order)) }
}

/// Where a page ended, in which order, of which request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    order: u32,
    bound: u64,
    after: String,
}

impl Token {
    /// Opaque: nobody is to read anything out of it, and nobody can make one.
    fn sealed(&self) -> String {
        let Self { order, bound, after } = self;
        let text = format!("{order:x}.{bound:x}.{after}");
        let sum = xxh3_64(text.as_bytes());
        text.bytes().fold(format!("{sum:016x}"), |mut token, byte| {
            // Writing to a string cannot fail.
            let _ = write!(token, "{:02x}", byte ^ 0x5a);
            token
        })
    }

    fn opened(token: &str) -> Option<Self> {
        let (sum, rest) = token.split_at_checked(16)?;
        let bytes = rest.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok().map(|byte| byte ^ 0x5a)
        });
        let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
        if u64::from_str_radix(sum, 16).ok()? != xxh3_64(text.as_bytes()) {
            return None;
        }
        let mut parts = text.splitn(3, '.');
        let order = u32::from_str_radix(parts.next()?, 16).ok()?;
        let bound = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self { order, bound, after: parts.next()?.to_owned() })
    }
}
