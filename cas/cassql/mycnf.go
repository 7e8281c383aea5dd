package cassql

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"gopkg.in/ini.v1"
)

// optionFile is what ~/.my.cnf has for programs that connect: its section [client], and over it [dhfs].
func optionFile() (map[string]string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, nil // who has no home has no such file
	}
	path := filepath.Join(home, ".my.cnf")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0 {
		return nil, nil // as MySQL's programs do: anybody could have written it
	}
	file, err := ini.LoadSources(ini.LoadOptions{SkipUnrecognizableLines: true, IgnoreContinuation: true, SpaceBeforeInlineComment: true}, path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as an option file of MySQL", path) // without its lines, which may have a password
	}
	options := map[string]string{}
	for _, section := range []string{"client", "dhfs"} {
		for _, key := range file.Section(section).Keys() {
			options[strings.ReplaceAll(key.Name(), "_", "-")] = key.Value() // both are in use
		}
	}
	return options, nil
}
