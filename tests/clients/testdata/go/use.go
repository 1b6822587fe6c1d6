// Package use compiles only if the generated code has the types that a caller expects.
package use

import (
	"context"

	"usersd/tests/clients/api"
)

func pointer[T any](value T) *T { return &value }

// The body of a PATCH is a struct with its fields.
var change = api.UsersProfileUpdateJSONRequestBody{
	IdempotencyKey: "rename-1",
	Name:           pointer("Ada King"),
	Metadata:       &api.Metadata{"team": "engines"},
}

// A handle is set by a string and removed by null.
var (
	none    api.ExternalIdChange
	ada     api.UserNameChange = "ada.k"
	removal                    = api.UsersProfileUpdateJSONRequestBody{IdempotencyKey: "remove-1", ExternalId: &none, UserName: &ada}
)

// Rename changes a user's name, and returns the roles of the user.
func Rename(client *api.ClientWithResponses, userID string) ([]string, error) {
	params := &api.UsersProfileUpdateParams{IfMatch: pointer(`"1"`)}
	response, err := client.UsersProfileUpdateWithResponse(context.Background(), userID, params, change)
	if err != nil || response.JSON200 == nil {
		return nil, err
	}
	var version int64 = response.JSON200.Version
	_ = version
	return response.JSON200.Roles, nil
}
