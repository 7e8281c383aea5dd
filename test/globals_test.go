package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// The libraries keep no state outside of what callers hold: what a package declares at its top never changes.
func TestNoGlobalState(t *testing.T) {
	fset := token.NewFileSet()
	packages := map[string][]*ast.File{}
	repository := os.DirFS("..")
	for _, top := range []string{"cas", "engine", "queries"} {
		err := fs.WalkDir(repository, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(repository, name)
			if err != nil {
				return err
			}
			f, err := parser.ParseFile(fset, name, text, 0)
			packages[path.Dir(name)] = append(packages[path.Dir(name)], f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, files := range packages {
		globals := map[string]ast.Node{}
		for _, f := range files {
			addGlobals(globals, f)
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				for _, id := range changed(n, globals) {
					t.Errorf("%v: %s belongs to the package and is assigned to", fset.Position(id.Pos()), id.Name)
				}
				return true
			})
		}
	}
}

// changed is the variables of the package that a statement changes.
func changed(n ast.Node, globals map[string]ast.Node) []*ast.Ident {
	var list []*ast.Ident
	for _, to := range assigned(n) {
		id := root(to)
		if id == nil || globals[id.Name] == nil || id.Obj != nil && id.Obj.Decl != globals[id.Name] {
			continue // something else, or a variable of the function
		}
		list = append(list, id)
	}
	return list
}

// addGlobals adds the variables of a file.
func addGlobals(globals map[string]ast.Node, f *ast.File) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if name.Name != "_" {
						globals[name.Name] = s
					}
				}
			}
		}
	}
}

// assigned is what a statement changes.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") {
			return n.Args[:1]
		}
	}
	return nil
}

// root is the variable that an expression is a part of.
func root(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.SliceExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	}
	return nil
}
