//go:build tools

// Package clients names the generator and what its code needs, so that go.mod and go.sum pin them.
package clients

import (
	_ "github.com/deepmap/oapi-codegen/cmd/oapi-codegen"
	_ "github.com/deepmap/oapi-codegen/pkg/runtime"
)
