package cassql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlDB is MySQL or MariaDB.
type mysqlDB struct{}

func (mysqlDB) found() error                  { return nil }
func (mysqlDB) prepare(context.Context) error { return nil }
func (mysqlDB) writers() int                  { return 8 }
func (mysqlDB) begin() string                 { return "START TRANSACTION" }
func (mysqlDB) numbered() bool                { return false }
func (mysqlDB) now() string                   { return "UNIX_TIMESTAMP()" }

// Names and CIDs are binary strings: compared byte by byte.
func (mysqlDB) tables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS %p_store (id TINYINT NOT NULL PRIMARY KEY, format BIGINT NOT NULL, epoch BIGINT NOT NULL) ENGINE=InnoDB",
		"CREATE TABLE IF NOT EXISTS %p_blocks (cid VARBINARY(64) NOT NULL PRIMARY KEY, size BIGINT NOT NULL, coding TINYINT NOT NULL, data LONGBLOB NOT NULL) ENGINE=InnoDB",
		"CREATE TABLE IF NOT EXISTS %p_refs (name VARBINARY(200) NOT NULL PRIMARY KEY, cid VARBINARY(64) NOT NULL) ENGINE=InnoDB",
		"CREATE TABLE IF NOT EXISTS %p_pins (pin BINARY(16) NOT NULL, cid VARBINARY(64) NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pin, cid)) ENGINE=InnoDB",
	}
}

func (mysqlDB) firstRow() string {
	return fmt.Sprintf("INSERT IGNORE INTO %%p_store (id, format, epoch) VALUES (1, %d, 0)", format)
}

// MariaDB does not know FOR SHARE, MySQL knows both.
func (mysqlDB) share(also string) string {
	return "SELECT epoch" + also + " FROM %p_store WHERE id = 1 LOCK IN SHARE MODE"
}
func (mysqlDB) alone() []string {
	return []string{"SELECT epoch FROM %p_store WHERE id = 1 FOR UPDATE"}
}

func (mysqlDB) in(column string, values [][]byte) (string, []any) { return list(column, values) }

// INSERT IGNORE would also ignore that a value does not fit.
func (mysqlDB) insert(rows []row) (string, []any) {
	values, args := rowValues(rows)
	return "INSERT INTO %p_blocks (cid, size, coding, data) VALUES " + values + " ON DUPLICATE KEY UPDATE cid = VALUES(cid)", args
}

func (mysqlDB) insertRef() string { return "INSERT IGNORE INTO %p_refs (name, cid) VALUES (?, ?)" }

// What the server says of the size of tables is a guess that may be old.
func (mysqlDB) disk() string {
	return "SELECT greatest((SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables " +
		"WHERE table_schema = DATABASE() AND table_name IN ('%p_store', '%p_blocks', '%p_refs', '%p_pins')), " +
		"(SELECT coalesce(sum(length(cid) + length(data)), 0) FROM %p_blocks))"
}

func (mysqlDB) reclaim() []string { return []string{"OPTIMIZE TABLE %p_blocks"} }

// turnName is the name of a ref's lock. Such names are short, and the same in all databases of a server.
const turnName = "SHA1(CONCAT(DATABASE(), '.%p/', ?))"

func (mysqlDB) lockTurn(wait time.Duration) string {
	return "SELECT coalesce(GET_LOCK(" + turnName + ", " + strconv.Itoa(int(wait.Seconds())) + "), 0)"
}

func (mysqlDB) unlockTurn() string { return "SELECT RELEASE_LOCK(" + turnName + ")" }
func (mysqlDB) lined() string      { return "IS_USED_LOCK(" + turnName + ") IS NOT NULL" }

func (mysqlDB) kind(err error) kind {
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		if errors.Is(err, mysql.ErrInvalidConn) || lostConnection(err) {
			return kindLost
		}
		return kindNone
	}
	switch my.Number {
	case 1213, 1205: // deadlock, lock wait timeout
		return kindBusy
	case 1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1203, 1927:
		return kindLost
	case 1044, 1045, 1130, 1142, 1143, 1227, 1290, 1698, 1792, 1836, 3118:
		return kindDenied
	case 1146:
		return kindNoTable
	case 1049:
		return kindNoBase
	}
	return kindNone
}

// mysqlConnector prepares each connection: what a transaction reads is what was committed before the statement, and a value that does
// not fit is an error, whatever the server's settings are.
type mysqlConnector struct{ driver.Connector }

func (c mysqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
	} {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}
