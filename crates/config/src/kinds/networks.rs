//! Networks of addresses.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::table::{Kind, KindFacts, Preset, Raw};

/// A list of networks, each as `10.0.0.0/8` or as one address; in the environment they are separated by commas.
pub(crate) struct Networks {
    pub(crate) example: &'static str,
}

impl Kind for Networks {
    type Value = Vec<IpNet>;

    fn parse(&self, raw: &Raw) -> Result<Vec<IpNet>, String> {
        let items: Vec<&str> = match raw {
            Raw::List(items) => items.iter().map(String::as_str).collect(),
            Raw::Text(text) => text.split(',').collect(),
        };
        items.into_iter().map(str::trim).filter(|item| !item.is_empty()).map(network).collect()
    }
}

impl KindFacts for Networks {
    fn allowed(&self) -> String {
        "networks as in 10.0.0.0/8 and fd00::/8, or single addresses".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::EmptyList { example: self.example }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| format!("`{text}` is no network and no address"))?;
    if network.trunc() != network {
        return Err(format!("`{text}` has bits past its prefix; write {}", network.trunc()));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_single_addresses_parse() {
        for (text, expected) in
            [("10.0.0.0/8", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1/32"), ("fd00::/8", "fd00::/8")]
        {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), Ok(expected));
        }
        for bad in ["10.0.0.1/8", "10.0.0.0/33", "proxy.example.com", "10.0.0.0/"] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}
