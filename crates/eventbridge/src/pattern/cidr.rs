//! Blocks of addresses.

use std::net::IpAddr;
use std::str::FromStr;

/// A block of IPv4 or IPv6 addresses, such as `10.0.0.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    address: IpAddr,
    /// How many of the last bits are free.
    free: u32,
}

impl Block {
    pub(super) fn holds(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        address.is_ipv4() == self.address.is_ipv4() && self.network(address) == self.network(self.address)
    }

    fn network(&self, address: IpAddr) -> Option<u128> {
        bits(address).checked_shr(self.free)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// A block has to have at least two addresses: Ruler refuses `/32` and `/128`
/// (<https://github.com/aws/event-ruler>, `CIDR`).
impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("`{text}` is no block of addresses: write one as `10.0.0.0/24` or `2001:db8::/64`");
        let (address, mask) = text.split_once('/').ok_or_else(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let mask: u32 = mask.parse().map_err(|_| wrong())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        match width.checked_sub(mask) {
            None | Some(0) => Err(format!(
                "`{text}`: the mask has to be less than {width}: name a single address as a plain value"
            )),
            Some(free) => Ok(Self { address, free }),
        }
    }
}
