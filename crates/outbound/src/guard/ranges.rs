//! Which addresses belong to the open Internet. Sources: the special-purpose address registries of IANA (RFC 6890 and
//! its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(first: u16, second: u16, third: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), bits)
}

/// IPv4 networks that are not on the open Internet.
const INSIDE_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),       // this network, and the unspecified address
    v4(10, 0, 0, 0, 8),      // private
    v4(100, 64, 0, 0, 10),   // shared by the customers of one provider
    v4(127, 0, 0, 0, 8),     // this machine
    v4(169, 254, 0, 0, 16),  // link-local, and the metadata services of clouds
    v4(172, 16, 0, 0, 12),   // private
    v4(192, 0, 0, 0, 24),    // assignments of protocols
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 88, 99, 0, 24),  // relays from IPv6, given up
    v4(192, 168, 0, 0, 16),  // private
    v4(198, 18, 0, 0, 15),   // measurements
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast
    v4(240, 0, 0, 0, 4),     // reserved, and broadcast
];

/// The part of IPv6 that is given to machines on the open Internet. What is outside of it is never public: loopback,
/// unspecified, mapped and compatible forms of IPv4, unique local, link-local, site-local, multicast.
const OPEN_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// Networks inside [`OPEN_V6`] that are not on the open Internet.
const INSIDE_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 0, 23),      // assignments of protocols; Teredo hides an IPv4 address
    v6(0x2001, 0x0db8, 0, 32), // documentation
    v6(0x2002, 0, 0, 16),      // 6to4 hides an IPv4 address
    v6(0x3fff, 0, 0, 20),      // documentation
];

/// Translators put the IPv4 address into the last 32 bits of this network (RFC 6052).
const NAT64: Ipv6Net = v6(0x0064, 0xff9b, 0, 96);

/// Whether an address belongs to a machine on the open Internet. An IPv6 form of an IPv4 address is judged as that
/// address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !INSIDE_V4.iter().any(|network| network.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    OPEN_V6.contains(&address) && !INSIDE_V6.iter().any(|network| network.contains(&address))
}
