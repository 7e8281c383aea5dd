package cas

// putBytes is how many bytes of blocks a Copy puts at a time: a page may be left at any moment, and what was not put is fetched again.
const putBytes = 512 << 10
