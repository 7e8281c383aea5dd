// Package conformance runs the cases of conformance.edn, and those of the file
// that the environment variable DHFS_CONFORMANCE names, through both evaluators.
//
// A case is a map: a schema in DataScript's form, transactions, and a query or
// a pull with what is expected. The schema becomes that of a database with schema on
// read, in which those attributes are declared.
package conformance
