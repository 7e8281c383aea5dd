// Reads a CAR file with software that has nothing to do with dhfs and checks
// all of it: node check.mjs FILE.car
//
// Every CID is computed anew, every dag-cbor block decoded and encoded again,
// every link and root looked up. Counts go to stdout, one a line; faults go to
// stderr, and the exit code is 1 when there is any, 2 when there is no file.
import { createReadStream } from 'node:fs'
import { CarBlockIterator } from '@ipld/car'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

const shownFaults = 20
const faults = []
const counts = { roots: 0, blocks: 0, 'dag-cbor': 0, raw: 0, bytes: 0, links: 0, 're-encoded': 0, 'not for JavaScript': 0, 'not reached': 0 }
const linksOf = new Map() // CID as text to the CIDs that it links to

async function main (file) {
  const car = await CarBlockIterator.fromIterable(createReadStream(file))
  const roots = (await car.getRoots()).map(String)
  counts.roots = roots.length
  for await (const { cid, bytes } of car) {
    await checkBlock(cid, bytes)
  }
  for (const root of roots) {
    if (!linksOf.has(root)) faults.push(`root ${root} is not in the file`)
  }
  for (const [from, links] of linksOf) {
    for (const to of links) {
      if (!linksOf.has(to)) faults.push(`${from} links to ${to}, which is not in the file`)
    }
  }
  counts['not reached'] = linksOf.size - reached(roots).size
}

async function checkBlock (cid, bytes) {
  counts.blocks++
  counts.bytes += bytes.length
  const computed = CID.createV1(cid.code, await sha256.digest(bytes))
  if (!computed.equals(cid)) faults.push(`${cid} has the bytes of ${computed}`)
  const links = new Set()
  linksOf.set(String(cid), links)
  if (cid.code === raw.code) {
    counts.raw++
  } else if (cid.code === dagCbor.code) {
    counts['dag-cbor']++
    checkNode(cid, bytes, links)
  } else {
    faults.push(`${cid} has codec 0x${cid.code.toString(16)}`)
  }
}

function checkNode (cid, bytes, links) {
  let node
  try {
    node = dagCbor.decode(bytes)
  } catch (err) {
    faults.push(`${cid} is not dag-cbor: ${err.message}`)
    return
  }
  collect(node, links)
  counts.links += links.size
  if (Buffer.compare(dagCbor.encode(node), bytes) === 0) {
    counts['re-encoded']++
  } else if (hasWholeFloat(bytes)) {
    counts['not for JavaScript']++
  } else {
    faults.push(`${cid} is encoded as other bytes`)
  }
}

// collect adds the links in a decoded value.
function collect (value, links) {
  const cid = CID.asCID(value)
  if (cid !== null) {
    links.add(String(cid))
  } else if (Array.isArray(value)) {
    value.forEach(item => collect(item, links))
  } else if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
    Object.values(value).forEach(item => collect(item, links))
  }
}

// hasWholeFloat tells whether a sound dag-cbor block has a float like 1.0, for
// which JavaScript has no number of its own: it would be written as 1.
function hasWholeFloat (bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length;) {
    const major = bytes[at] >> 5
    const low = bytes[at] & 31
    const width = low < 24 ? 0 : 1 << (low - 24)
    if (major === 7 && width === 8 && Number.isInteger(view.getFloat64(at + 1))) return true
    const skipped = major === 2 || major === 3 ? argument(view, at, low, width) : 0
    at += 1 + width + skipped // arrays, maps and tags: their content comes next
  }
  return false
}

function argument (view, at, low, width) {
  switch (width) {
    case 0: return low
    case 1: return view.getUint8(at + 1)
    case 2: return view.getUint16(at + 1)
    case 4: return view.getUint32(at + 1)
    default: return Number(view.getBigUint64(at + 1))
  }
}

function reached (roots) {
  const seen = new Set()
  const todo = roots.filter(root => linksOf.has(root))
  while (todo.length > 0) {
    const id = todo.pop()
    if (seen.has(id)) continue
    seen.add(id)
    for (const to of linksOf.get(id)) {
      if (linksOf.has(to)) todo.push(to)
    }
  }
  return seen
}

if (process.argv.length !== 3) {
  console.error('usage: node check.mjs FILE.car')
  process.exit(2)
}
try {
  await main(process.argv[2])
} catch (err) {
  faults.push(err.message)
}
for (const [name, n] of Object.entries(counts)) console.log(`${name}: ${n}`)
for (const fault of faults.slice(0, shownFaults)) console.error(fault)
if (faults.length > shownFaults) console.error(`and ${faults.length - shownFaults} more`)
process.exit(faults.length > 0 ? 1 : 0)
