//! A component as bytes: what it is made of, what it asks of the host, and what of it nobody needs.

use anyhow::{Context as _, bail};
use serde::Serialize;
use wit_component::DecodedWasm;

/// Magic number, version and layer: before the first section.
const HEADER_BYTES: usize = 8;
/// Ids of sections, as the binary format numbers them. A custom section has the same in modules and components.
const CUSTOM: u8 = 0;
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;

/// Where the bytes of a component go.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sizes {
    pub(crate) bytes: usize,
    /// Modules in it, of whatever depth.
    pub(crate) core_modules: usize,
    pub(crate) core_module_bytes: usize,
    /// Names, debug information and the like.
    pub(crate) custom_section_bytes: usize,
}

impl Sizes {
    pub(crate) fn of(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut sizes = Self { bytes: wasm.len(), ..Self::default() };
        sizes.add(wasm, true)?;
        Ok(sizes)
    }

    fn add(&mut self, binary: &[u8], component: bool) -> anyhow::Result<()> {
        for section in sections(binary)? {
            match section.id {
                CUSTOM => self.custom_section_bytes += section.whole.len(),
                CORE_MODULE if component => {
                    self.core_modules += 1;
                    self.core_module_bytes += section.body.len();
                    self.add(section.body, false)?;
                }
                COMPONENT if component => self.add(section.body, true)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The same component without custom sections: names and debug information, which nothing that runs looks at.
pub(crate) fn stripped(component: &[u8]) -> anyhow::Result<Vec<u8>> {
    without_custom(component, true)
}

fn without_custom(binary: &[u8], component: bool) -> anyhow::Result<Vec<u8>> {
    let mut kept = binary.get(..HEADER_BYTES).context("the component is cut off")?.to_vec();
    for section in sections(binary)? {
        match section.id {
            CUSTOM => {}
            CORE_MODULE | COMPONENT if component => {
                let body = without_custom(section.body, section.id == COMPONENT)?;
                kept.push(section.id);
                write_length(&mut kept, body.len());
                kept.extend(body);
            }
            _ => kept.extend(section.whole),
        }
    }
    Ok(kept)
}

/// One section: its bytes with and without id and length.
struct Section<'a> {
    id: u8,
    whole: &'a [u8],
    body: &'a [u8],
}

fn sections(binary: &[u8]) -> anyhow::Result<Vec<Section<'_>>> {
    let mut rest = binary.get(HEADER_BYTES..).context("the component is cut off")?;
    let mut sections = Vec::new();
    while let Some((id, behind)) = rest.split_first() {
        let (length, body) = read_length(behind)?;
        let (Some(body), Some(next)) = (body.get(..length), body.get(length..)) else {
            bail!("a section of the component is longer than the component");
        };
        let whole = rest.get(..rest.len() - next.len()).unwrap_or_default();
        sections.push(Section { id: *id, whole, body });
        rest = next;
    }
    Ok(sections)
}

/// A length in LEB128, at most 32 bits, and what follows it.
fn read_length(bytes: &[u8]) -> anyhow::Result<(usize, &[u8])> {
    let mut length = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((usize::try_from(length)?, bytes.get(at + 1..).unwrap_or_default()));
        }
    }
    bail!("a section of the component has no length")
}

fn write_length(into: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or_default();
        length >>= 7;
        if length == 0 {
            return into.push(low);
        }
        into.push(low | 0x80);
    }
}

/// What a component wants of the host, and what it brings.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Surface {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

impl Surface {
    pub(crate) fn of(component: &[u8]) -> anyhow::Result<Self> {
        let decoded = wit_component::decode(component).context("the file is no component")?;
        let DecodedWasm::Component(resolve, world) = decoded else {
            bail!("the file is a WIT package, not a component");
        };
        let world = resolve.worlds.get(world).context("the component has no world")?;
        Ok(Self {
            imports: world.imports.keys().map(|key| resolve.name_world_key(key)).collect(),
            exports: world.exports.keys().map(|key| resolve.name_world_key(key)).collect(),
        })
    }

    /// The version of the contract it was built for.
    pub(crate) fn wit_version(&self) -> Option<&str> {
        let of_contract = |name: &&String| name.starts_with("chronogram:strategy/");
        self.exports.iter().find(of_contract).and_then(|name| name.split_once('@')).map(|(_, version)| version)
    }

    /// Imports that the host refuses.
    pub(crate) fn foreign(&self) -> Vec<&str> {
        let ours = |name: &&str| name.starts_with("chronogram:strategy/");
        self.imports.iter().map(String::as_str).filter(|name| !ours(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    const HEAD: &[u8] = b"\0asm\x0d\0\x01\0";

    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![id];
        write_length(&mut bytes, body.len());
        bytes.extend(body);
        bytes
    }

    fn component() -> Vec<u8> {
        let module = [MODULE, &section(5, b"memory"), &section(CUSTOM, &[b'n'; 300])].concat();
        let nested = [HEAD, &section(CORE_MODULE, &module)].concat();
        [HEAD, &section(COMPONENT, &nested), &section(CUSTOM, b"names"), &section(7, b"types")].concat()
    }

    #[test]
    fn stripping_takes_custom_sections_of_every_depth_and_nothing_else() {
        let module = [MODULE, &section(5, b"memory")].concat();
        let nested = [HEAD, &section(CORE_MODULE, &module)].concat();
        let expected = [HEAD, &section(COMPONENT, &nested), &section(7, b"types")].concat();
        assert_eq!(stripped(&component()).unwrap(), expected);
        assert_eq!(stripped(&expected).unwrap(), expected);
        assert_eq!(Sizes::of(&expected).unwrap().custom_section_bytes, 0);
    }

    #[test]
    fn sizes_tell_modules_from_the_rest() {
        let sizes = Sizes::of(&component()).unwrap();
        assert_eq!((sizes.core_modules, sizes.bytes), (1, component().len()));
        assert_eq!(sizes.custom_section_bytes, section(CUSTOM, &[b'n'; 300]).len() + section(CUSTOM, b"names").len());
    }

    #[test]
    fn what_is_cut_off_is_refused_wherever_it_ends() {
        let whole = component();
        assert!(stripped(&whole[..4]).is_err());
        assert!(stripped(&whole[..whole.len() - 1]).is_err());
        assert!(sections(&[HEAD, &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 1]].concat()).is_err());
    }
}
