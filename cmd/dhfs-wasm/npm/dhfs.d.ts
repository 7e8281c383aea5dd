/** A database of this browser, at a revision: a branch, a tag, "t42", "main~3", a time, a commit. Without one it is the branch main. */
export interface Source {
  name: string;
  rev?: string;
}

/** What JSON can say of a value of EDN. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

export interface Result {
  columns: string[];
  /** empty where a format was asked for */
  rows: Value[][];
  /** the rows in that format */
  text?: string;
  /** of all rows, those beyond the limit too */
  count: number;
  warnings: string[];
  /** how the query was run, for people */
  plan: string;
  /** the same, in the order in which the steps were begun */
  steps: Step[];
  /** datoms looked at */
  scanned: number;
  /** read from the store; what memory has does not count */
  blocks: number;
  /** of these blocks */
  bytes: number;
  /** the answer was known from an earlier run on equal data */
  kept: boolean;
  /** milliseconds, without the encoding of rows */
  took: number;
}

export interface Step {
  /** how deep it is inside of others: not, or and rules have steps of their own */
  level: number;
  clause: string;
  /** how it was answered, and from which index */
  index: string;
  /** rows */
  estimated: number;
  in: number;
  out: number;
  blocks: number;
  bytes: number;
  /** milliseconds */
  took: number;
}

export interface Vocabulary {
  /** ":find", … */
  sections: string[];
  /** "not", "or-join", … */
  clauses: string[];
  functions: { name: string; min: number; max: number }[];
  aggregates: { name: string; min: number; max: number }[];
}

export interface Sent {
  blocks: number;
  /** of these blocks */
  bytes: number;
  /** that were done again instead of copying what they made */
  transactions: number;
}

export interface Synced extends Sent {
  /** outcome "removed": the server has it no more. Branches on which something was made here are kept. */
  refs?: { name: string; outcome: string; commit: string }[];
}

export interface Commit {
  t: number;
  id: string;
  /** RFC 3339 */
  at: string;
  by: string;
  message: string;
  added: number;
  retracted: number;
  purged: number;
  /** equal for equal sets of datoms */
  root: string;
  /** the first is the branch that was committed to, others were merged into it */
  parents: string[];
}

/** An entity, with its place in the tree of files: kind/name. */
export interface Entity {
  id: number;
  kind: string;
  name: string;
}

export interface TypedValue {
  value: Value;
  /** of :db.type: "string", "long", "ref", … */
  type: string;
  /** what a ref points at */
  entity?: Entity;
}

export interface Datom {
  e: number;
  /** without a colon */
  a: string;
  v: TypedValue;
  t: number;
  /** false: retracted */
  added: boolean;
}

export interface Datoms {
  datoms: Datom[];
  /** there are others, beyond the limit */
  more: boolean;
}

export interface Attribute {
  id: number;
  /** without a colon */
  ident: string;
  /** "" for any */
  type: string;
  cardinality: "one" | "many";
  unique: "" | "identity" | "value";
  component: boolean;
  index: boolean;
  noHistory: boolean;
  doc: string;
  /** datoms; 0 for those of the system */
  count: number;
  /** every database has it */
  system: boolean;
}

export interface EntityFacts extends Entity {
  attributes: { attribute: string; type: string; many: boolean; count: number; values: TypedValue[] }[];
  /** what points at it, by attribute */
  back: { attribute: string; count: number; entities: Entity[] }[];
}

export interface Change {
  t: number;
  at: string;
  by: string;
  message: string;
  /** missing where a gc dropped it */
  commit?: string;
  attribute: string;
  value: TypedValue;
  added: boolean;
}

/** Something that this browser (ours) and the server (theirs) have both done, of which only one can hold. */
export interface Conflict {
  /**
   * value: both changed the only value, of an entity or of an attribute's definition; retracted: one removed the entity that the other changed or refers to;
   * unique: both gave a value that only one can have
   */
  conflict: "value" | "retracted" | "unique";
  entity: Entity;
  /** "" where the entity as a whole is at issue */
  attribute: string;
  base: TypedValue[];
  ours: TypedValue[];
  theirs: TypedValue[];
  /** who did it last, and when */
  oursBy: Commit;
  theirsBy: Commit;
  /** who has the unique value at the server */
  holder?: Entity;
  /** all of this in a sentence for people */
  says: string;
  /** what can be done, in words for people: a decision takes one of these */
  choices: { take: "ours" | "theirs" | "value"; does: string }[];
}

/** An error as a DhfsError has it. */
export interface Fault {
  code: string;
  message: string;
  hint?: string;
  line?: number;
  column?: number;
  /** the commit, made here, that cannot be applied to what the server has: drop or amend it */
  commit?: Commit;
}

export interface Exchanged {
  /** the commit that the branch is at here */
  head: string;
  received: Sent;
  /** commits that were sent */
  sent: number;
  /** commits that the server does not have */
  pending: number;
  /** to be decided before anything is sent */
  conflicts: Conflict[];
  /** entities that were made here and have other ids now, since the server had given those */
  renumbered: Record<string, number>;
}

/**
 * synced: both have the same. pending: there is something to send, and no token. conflict: see conflicts. offline: the server is away.
 * failed: see error; it is tried again. removed: the database was removed here, and nothing more will come.
 */
export interface Following extends Exchanged {
  state: "synced" | "pending" | "conflict" | "offline" | "failed" | "removed";
  error?: Fault;
}

export interface ExchangeOptions {
  /** for writing there; without it nothing is sent */
  token?: string;
  /** main, unless said otherwise */
  branch?: string;
  /** author of the commit that joins what was done here with what the server has; that of the last commit here, unless said otherwise */
  by?: string;
  /** what becomes of all conflicts that decisions say nothing of */
  take?: "ours" | "theirs";
  /** what becomes of some of them: Conflicts with take. value is EDN, for take "value"; "nil" is none. */
  decisions?: { conflict: string; entity: number; attribute: string; take: "ours" | "theirs" | "value"; value?: string }[];
  signal?: AbortSignal;
}

/** code is that of the command line: "query/…", "transact/…", "edn/syntax", "not-found", "conflict", "corrupt", "unavailable", "permission", "quota", "removed", "limit", "version", "usage", "interrupted", "failed". */
export class DhfsError extends Error implements Fault {
  code: string;
  hint?: string;
  line?: number;
  column?: number;
  commit?: Commit;
}

type Named<F> = F extends (name: string, ...rest: infer R) => infer P ? (...rest: R) => P : never;

/** A database of this browser: the methods of Dhfs that begin with a name, without it. */
export type Database = {
  [M in "sync" | "complete" | "partialOf" | "exchange" | "follow" | "pending" | "drop" | "amend" | "watch" | "pull" | "datoms" | "transact" | "branches" | "tags" | "log" | "show" | "diff" | "stat" | "attributes" | "entities" | "entity" | "history"]: Named<Dhfs[M]>;
} & {
  name: string;
  query(query: string, options?: { rev?: string; args?: string[]; limit?: number; timeout?: number; format?: string }): Promise<Result>;
};

export class Dhfs {
  /** Starts a worker from worker.js, beside this module unless said otherwise. The engine, dhfs.wasm beside the worker, is compiled once for all of a page. */
  constructor(worker?: URL | string);

  /** The databases of this origin. */
  names(): Promise<string[]>;
  /** Makes an empty database; "conflict" when there is one. */
  create(name: string, options?: { schemaOnRead?: boolean }): Promise<void>;
  remove(name: string): Promise<void>;
  /** The database of a name, to be asked without it; "not-found" when there is none. */
  open(name: string): Promise<Database>;
  /** The first sync: "conflict" when there is the database already. One that was interrupted goes on. */
  clone(name: string, url: string, options?: Parameters<Dhfs["sync"]>[2]): Promise<Synced>;

  /**
   * Brings what is new from the database at url, which `dhfs serve` or any static host has; the first time it makes the database here.
   * With push it goes the other way, which takes the server's token. Interrupted, it goes on from there the next time.
   * What is made with partial has nothing but names at first: it fetches blocks when they are asked for, and keeps them.
   */
  sync(name: string, url: string, options?: { partial?: boolean; refs?: string[]; push?: boolean; token?: string; force?: boolean; onProgress?: (sent: Sent) => void; signal?: AbortSignal }): Promise<Synced>;
  /**
   * Makes a whole replica of a partial one: only what is missing travels. Interrupted, it goes on from there the next time; of a whole one there is nothing to do.
   * What it returns is what travelled.
   */
  complete(name: string, options?: { onProgress?: (sent: Sent) => void; signal?: AbortSignal }): Promise<Sent>;
  /** The URL that a partial replica fetches blocks from; null of a whole one. */
  partialOf(name: string): Promise<string | null>;
  /**
   * Fetches what is new from dhfs serve, applies to it what was committed here meanwhile, and sends that, once, however often it is
   * interrupted or asked for, by however many tabs. A branch on which nothing was made here goes wherever the server's went. Conflicts are in what it returns, and nothing is sent until take or decisions have decided them.
   * "origin/main" is a revision: where the server's branch was last.
   */
  exchange(name: string, url: string, options?: ExchangeOptions & { onProgress?: (sent: Sent) => void }): Promise<Exchanged>;
  /** Exchanges whenever something moves there or here, and when the server is back, until signal ends it. onState is called when there are news. */
  follow(name: string, url: string, onState: (state: Following) => void, options?: ExchangeOptions): Promise<void>;
  /** What was committed here, newest first, and is not known to be at the server, and what of it is in conflict with what the server had last. tx is what a commit did as EDN. failed: it cannot be applied there. */
  pending(name: string, options?: { branch?: string }): Promise<{ commits: (Commit & { tx: string })[]; conflicts: Conflict[]; failed?: Fault }>;
  /**
   * Takes back a commit that was made here and is not at the server, and makes those again that came after it. "conflict" when one of these needs it. It
   * returns the branch's new head.
   */
  drop(name: string, commit: string, options?: { branch?: string }): Promise<Commit>;
  /** The same, with another transaction in its place. */
  amend(name: string, commit: string, tx: string, options?: { branch?: string; by?: string; message?: string }): Promise<Commit>;
  /** Calls back after each move of a branch or tag, in whatever tab of this browser, until signal ends it. */
  watch(name: string, onMoved: (database: { name: string }) => void, options?: { signal?: AbortSignal }): Promise<void>;

  // rev is a revision as in Source. A limit that is left out is 1000, but for query and log: all. An entity is an id, or text: ":ident", '[:person/id 7]', "person/7".

  /**
   * Asks a Datalog query. sources gives the databases: a name, for $ alone, or { $: …, $hr: … }. args are EDN, timeout is in milliseconds.
   * format makes text of the rows: "csv", "tsv", "json", "jsonl", "edn", "table".
   */
  query(query: string, sources: string | Record<string, Source>, options?: { args?: string[]; limit?: number; timeout?: number; format?: string }): Promise<Result>;
  /** Reads a query without running it: what it takes, "$", "?x", "[?x ...]", or what is wrong with it. */
  check(query: string): Promise<{ in: string[] }>;
  /** What queries can be written with, for editors: each list is sorted, and a max of -1 is any number of arguments. */
  words(): Promise<Vocabulary>;
  /** Reads attributes of one entity. */
  pull(name: string, pattern: string, entity: number | string, options?: { rev?: string }): Promise<Value>;
  /** Datoms in the order of an index, from leading components on: an entity, an attribute, a value in EDN, in the order that the index spells. */
  datoms(name: string, index: "eavt" | "aevt" | "avet", components?: (number | string)[], options?: { rev?: string; history?: boolean; offset?: number; limit?: number }): Promise<Datoms>;
  /** Runs a transaction of EDN on a branch here. */
  transact(name: string, tx: string, options?: { rev?: string; by?: string; message?: string }): Promise<Commit & { tempids: Record<string, number> | null }>;

  /** Branches by name, with the commits that they point at. unsent is how many commits of it were made here, and are not known to be at the server. */
  branches(name: string): Promise<(Commit & { name: string; unsent: number })[]>;
  tags(name: string): Promise<(Commit & { name: string })[]>;
  /** Commits, newest first, as far as a gc has left them. */
  log(name: string, options?: { rev?: string; limit?: number }): Promise<Commit[]>;
  /** A commit and what it did. */
  show(name: string, rev: string, options?: { limit?: number }): Promise<Commit & Datoms>;
  /** What must be retracted from one revision and added to make it the other; counts, by attribute, are of all. */
  diff(name: string, from: string, to: string, options?: { limit?: number }): Promise<Datoms & { counts: Record<string, { added: number; retracted: number }> }>;
  /** What is in a database; history is how many datoms there are with those of the past. */
  stat(name: string, options?: { rev?: string }): Promise<{ commit: string; root: string; t: number; at: string; datoms: number; history: number; kinds: { kind: string; count: number }[] }>;
  /** The schema by id; those that every database has only with system. */
  attributes(name: string, options?: { rev?: string; system?: boolean }): Promise<Attribute[]>;
  /** Entities of a kind whose names begin with prefix, by name; count is of all of these. */
  entities(name: string, kind: string, options?: { rev?: string; prefix?: string; offset?: number; limit?: number }): Promise<{ count: number; entities: Entity[] }>;
  /** All that is said of an entity, and what points at it. */
  entity(name: string, entity: number | string, options?: { rev?: string; limit?: number }): Promise<EntityFacts>;
  /** What was ever said of an entity, newest first; count is of all. */
  history(name: string, entity: number | string, options?: { rev?: string; limit?: number }): Promise<{ count: number; changes: Change[] }>;

  /** Entities as with entities, with what they say by attribute: at most five values of each, and the beginning of long texts. */
  table(name: string, kind: string, options?: { rev?: string; prefix?: string; offset?: number; limit?: number }): Promise<{ count: number; entities: (Entity & { facts: Record<string, TypedValue[]> })[] }>;
  /** What entities are called. */
  called(name: string, ids: number[], options?: { rev?: string }): Promise<Entity[]>;

  /** Ends the worker. What it was about to answer is rejected. */
  close(): void;
}
