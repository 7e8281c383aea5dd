package conformance

// decided are cases where the file leaves open what to do, or expects what only its peer can
// do. The answer here is what dhfs gives instead.
var decided = map[string]struct{ expect, why string }{
	"pred-order-irrelevant": {"#{[2] [4] [5]}", "the order of clauses never matters: the answer of pred-range"},
	"not-before-bind":       {"#{[2] [4]}", "the order of clauses never matters: the answer of not-simple"},
	"max-n-datomic":         {"[8 11]", "the case only says that Datomic's order is falling; ours is DataScript's and Datahike's, rising"},
	"tx-retract-entity-refs": {
		"#{[2 :person/name]}", "transactions and attributes are entities here and not in DataScript: rows about them are left out",
	},
}

// onlyUsers are cases whose answers are looked at without the entities of the system.
var onlyUsers = map[string]bool{"tx-retract-entity-refs": true}

// failing are the cases that fail, each with the reason.
var failing = map[string]string{}
