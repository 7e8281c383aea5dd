package casfile

// Datasync is what makes an append durable.
var Datasync = datasync
