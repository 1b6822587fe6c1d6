package linearizability

import "strings"

// The kinds of handles, in the order in which their conflicts are reported.
const (
	email = iota
	externalID
	userName
	handleKinds
)

// The members of JSON, the query parameters and the conflict reasons of the kinds.
var (
	handleNames   = [handleKinds]string{"email", "externalId", "userName"}
	handleReasons = [handleKinds]string{"EMAIL_IN_USE", "EXTERNAL_ID_IN_USE", "USER_NAME_IN_USE"}
)

// Handles contains a handle of each kind, or "" for none.
type Handles [handleKinds]string

// removed is in the handles of a patch that removes the handle.
const removed = "(removed)"

// kindOfReason returns the kind of handle that a conflict is about, or handleKinds if it is about
// something else.
func kindOfReason(reason string) int {
	for kind, name := range handleReasons {
		if name == reason {
			return kind
		}
	}
	return handleKinds
}

// compared returns the form of a handle that must be unique.
func compared(kind int, handle string) string {
	if kind == externalID {
		return handle
	}
	return strings.ToLower(handle)
}

func same(kind int, a, b string) bool { return compared(kind, a) == compared(kind, b) }
