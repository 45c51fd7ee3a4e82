//! OLE compound files: which streams there are, one stream's bytes, and one stream alone in a file that is in order.
//! calamine follows a file's chains of sectors wherever they lead, for ever where they lead in a circle; here a chain is no longer than the file.

use super::Error;

const END: u32 = 0xFFFF_FFFE;
/// Sector numbers from here on are marks.
const MARKS: u32 = 0xFFFF_FFFA;
const BROKEN: Error = Error::Broken("the workbook");

const ENTRY: usize = 128;
const MINI: usize = 64;
/// Shorter streams live in a stream of their own, in small sectors.
const MINI_BELOW: usize = 4096;

pub(super) struct Compound<'a> {
    file: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    start: u32,
    len: usize,
}

impl<'a> Compound<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, Error> {
        let shift = u16_at(file, 30).ok_or(BROKEN)?;
        let sector = match shift {
            9 => 512,
            12 => 4096,
            _ => return Err(BROKEN),
        };
        let mut this = Self { file, sector, fat: vec![], entries: vec![] };
        this.fat = this.allocation()?;
        let directory = this.chain(u32_at(file, 48).ok_or(BROKEN)?)?;
        this.entries = directory.chunks_exact(ENTRY).filter_map(|entry| Entry::read(entry, sector)).collect();
        Ok(this)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn stream(&self, name: &str) -> Option<Result<Vec<u8>, Error>> {
        self.find(name).map(|entry| self.contents(entry))
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    fn contents(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        let mut bytes =
            if entry.len < MINI_BELOW { self.small(entry.start)? } else { self.chain(entry.start)? };
        if bytes.len() < entry.len {
            return Err(BROKEN);
        }
        bytes.truncate(entry.len);
        Ok(bytes)
    }

    /// The table that says which sector follows which.
    fn allocation(&self) -> Result<Vec<u32>, Error> {
        let mut listed: Vec<u32> = words(self.file.get(76..512).ok_or(BROKEN)?).collect();
        let mut next = u32_at(self.file, 68).ok_or(BROKEN)?;
        let mut visited = 0;
        while next < MARKS {
            visited += 1;
            if visited > self.sectors() {
                return Err(BROKEN);
            }
            listed.extend(words(self.at(next)?));
            next = listed.pop().ok_or(BROKEN)?;
        }
        let listed: Vec<u32> = listed.into_iter().filter(|id| *id < MARKS).collect();
        if listed.len() > self.sectors() {
            return Err(BROKEN);
        }
        let mut table = vec![];
        for id in listed {
            table.extend(words(self.at(id)?));
        }
        Ok(table)
    }

    fn chain(&self, start: u32) -> Result<Vec<u8>, Error> {
        follow(start, &self.fat, self.sectors(), |id| self.at(id).ok())
    }

    fn small(&self, start: u32) -> Result<Vec<u8>, Error> {
        let table: Vec<u32> = words(&self.chain(u32_at(self.file, 60).ok_or(BROKEN)?)?).collect();
        let root = self.entries.first().ok_or(BROKEN)?;
        let sectors = self.chain(root.start)?;
        let at = |id: u32| {
            let from = usize::try_from(id).ok()?.checked_mul(MINI)?;
            sectors.get(from..from.checked_add(MINI)?)
        };
        follow(start, &table, sectors.len() / MINI, at)
    }

    fn sectors(&self) -> usize {
        self.file.len() / self.sector
    }

    /// The last sector of a file may be cut short.
    fn at(&self, id: u32) -> Result<&'a [u8], Error> {
        let from = usize::try_from(id).ok().and_then(|id| id.checked_add(1)?.checked_mul(self.sector));
        let from = from.ok_or(BROKEN)?;
        let to = from.saturating_add(self.sector).min(self.file.len());
        self.file.get(from..to).filter(|sector| !sector.is_empty()).ok_or(BROKEN)
    }
}

impl Entry {
    fn read(entry: &[u8], sector: usize) -> Option<Self> {
        let name = char::decode_utf16(entry.get(..64)?.chunks_exact(2).filter_map(|unit| u16_at(unit, 0)));
        let name = name.map_while(Result::ok).take_while(|c| *c != '\0').collect();
        let high = if sector == 512 { 0 } else { u32_at(entry, 124)? };
        let len = u64::from(high) << 32 | u64::from(u32_at(entry, 120)?);
        Some(Self { name, start: u32_at(entry, 116)?, len: usize::try_from(len).ok()? })
    }
}

fn follow<'a>(
    start: u32,
    table: &[u32],
    max: usize,
    at: impl Fn(u32) -> Option<&'a [u8]>,
) -> Result<Vec<u8>, Error> {
    let (mut bytes, mut id, mut visited) = (vec![], start, 0);
    while id < MARKS {
        visited += 1;
        if visited > max {
            return Err(BROKEN);
        }
        bytes.extend_from_slice(at(id).ok_or(BROKEN)?);
        id = usize::try_from(id).ok().and_then(|id| table.get(id)).copied().ok_or(BROKEN)?;
    }
    Ok(bytes)
}

/// A compound file with this stream and nothing else.
pub(super) fn alone(name: &str, stream: &[u8]) -> Result<Vec<u8>, Error> {
    const SECTOR: usize = 4096;
    const PER_SECTOR: usize = SECTOR / 4;
    let word = |number: usize| u32::try_from(number).map_err(|_| BROKEN);
    let len = stream.len().max(MINI_BELOW);
    let data = len.div_ceil(SECTOR);
    let tables = (data + 1).div_ceil(PER_SECTOR - 1);

    let mut file = vec![0_u8; SECTOR];
    put(&mut file, 0, super::COMPOUND);
    put(&mut file, 24, &[0x3E, 0, 4, 0, 0xFE, 0xFF, 12, 0, 6, 0]);
    put(&mut file, 44, &word(tables)?.to_le_bytes());
    put(&mut file, 48, &word(data)?.to_le_bytes());
    put(&mut file, 56, &word(MINI_BELOW)?.to_le_bytes());
    put(&mut file, 60, &END.to_le_bytes());
    put(&mut file, 68, &END.to_le_bytes());
    for slot in 0..109 {
        let id = if slot < tables { word(data + 1 + slot)? } else { u32::MAX };
        put(&mut file, 76 + 4 * slot, &id.to_le_bytes());
    }
    file.extend_from_slice(stream);
    file.resize(SECTOR + data * SECTOR, 0);
    file.extend(directory("Root Entry", 0));
    file.extend(directory(name, len));
    file.resize(SECTOR * (data + 2), 0);
    for id in 0..tables * PER_SECTOR {
        let next = match id {
            _ if id + 1 < data => word(id + 1)?,
            _ if id <= data => END,
            _ if id <= data + tables => 0xFFFF_FFFD,
            _ => u32::MAX,
        };
        file.extend(next.to_le_bytes());
    }
    Ok(file)
}

fn directory(name: &str, len: usize) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    entry.resize(ENTRY, 0);
    put(&mut entry, 120, &u64::try_from(len).unwrap_or_default().to_le_bytes());
    entry
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = file.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|word| u32_at(word, 0))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_comes_out_as_it_went_in() {
        for len in [4096, 4097, 100_000, 5 << 20] {
            let stream: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let file = alone("Workbook", &stream).unwrap();
            let compound = Compound::open(&file).unwrap();
            assert!(compound.has("workbook") && !compound.has("Book"));
            assert!(compound.stream("Workbook").unwrap().unwrap() == stream, "{len}");
        }
    }

    #[test]
    fn a_chain_that_leads_in_a_circle_ends() {
        let mut file = alone("Workbook", &[7; 8192]).unwrap();
        let table = file.len() - 4096;
        put(&mut file, table + 4, &0_u32.to_le_bytes());
        let compound = Compound::open(&file).unwrap();
        assert!(compound.stream("Workbook").unwrap().is_err());
        // The directory's own chain.
        put(&mut file, table + 8, &2_u32.to_le_bytes());
        assert!(Compound::open(&file).is_err());
    }

    #[test]
    fn no_cut_makes_it_panic() {
        let file = alone("Workbook", &[7; 4096]).unwrap();
        for len in 0..file.len() {
            let cut = file.get(..len).unwrap();
            drop(Compound::open(cut).map(|compound| compound.stream("Workbook")));
        }
    }
}
