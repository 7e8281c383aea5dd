package main

// goals are what queries should take at most when all is warm, in milliseconds.
var goals = map[string]float64{
	"people20k/q1":              0.03,
	"people20k/q2":              0.2,
	"people20k/q2-switch":       0.2,
	"people20k/qage":            1.5,
	"people20k/qnot":            1,
	"people20k/qor":             1,
	"people20k/qstar-all":       3,
	"people20k/qagg":            1,
	"wide-7x3/rules":            5,
	"long-30x5/rules":           1,
	"long-1000x3/rules":         150,
	"graph-random100k/triangle": 15,
	"graph-skew100k/triangle":   30,
}
