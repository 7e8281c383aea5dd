//go:build !js

package cas

// putBytes is how many bytes of blocks a Copy puts at a time.
const putBytes = 4 << 20
