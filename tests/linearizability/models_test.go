package linearizability

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// Why: the models are tested with histories that are small enough to check by hand.

// at returns an attempt in the time span [call, end].
func at(call, end int64, request Request, response Response) Attempt {
	return Attempt{Request: request, Response: response, Call: call, Return: end}
}

func told(status int, record Record) Response {
	record.ID = "U"
	return Response{HTTPStatus: status, Record: &record}
}

var (
	born      = Request{Kind: create, Handles: Handles{"a@x"}, Name: "n", Key: "k"}
	bornAs    = Record{Version: 1, Handles: Handles{"a@x"}, Name: "n", Status: "active"}
	look      = Request{Kind: get, User: "U"}
	move      = Request{Kind: patch, User: "U", Handles: Handles{"b@x"}, Key: "m"}
	movedAs   = Record{Version: 2, Handles: Handles{"b@x"}, Name: "n", Status: "active"}
	remove    = Request{Kind: setStatus, User: "U", Status: "deleted"}
	removedAs = Record{Version: 2, Status: "deleted"}
	unknown   = Response{}
	notFound  = Response{HTTPStatus: 404}
	nobody    = Response{HTTPStatus: 200}
	inUse     = Response{HTTPStatus: 409, ConflictReason: "EMAIL_IN_USE"}
)

func ifMatch(r Request, version uint64) Request {
	r.IfMatch = version
	return r
}

func replayed(a Response) Response {
	a.Replayed = true
	return a
}

func verdictOn(model porcupine.Model, histories map[string][]porcupine.Operation) bool {
	for _, history := range histories {
		if !porcupine.CheckOperations(model, history) {
			return false
		}
	}
	return true
}

func TestUserModel(t *testing.T) {
	begin := at(1, 2, born, told(201, bornAs))
	for _, c := range []struct {
		name  string
		legal bool
		then  []Attempt
	}{
		{"read", true, []Attempt{at(3, 4, look, told(200, bornAs))}},
		{"read as unknown", false, []Attempt{at(3, 4, look, notFound)}},
		{"change and read", true, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, look, told(200, movedAs))}},
		{"change and stale read", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, look, told(200, bornAs))}},
		{"change and concurrent read of the old state", true, []Attempt{at(3, 6, move, told(200, movedAs)), at(4, 5, look, told(200, bornAs))}},
		{"new state, then old state", false, []Attempt{at(3, 9, move, told(200, movedAs)),
			at(4, 5, look, told(200, movedAs)), at(6, 7, look, told(200, bornAs))}},
		{"version skipped", false, []Attempt{at(3, 4, move, told(200, Record{Version: 3, Handles: Handles{"b@x"}, Name: "n", Status: "active"}))}},
		{"unknown, done", true, []Attempt{at(3, 5, move, unknown), at(6, 7, look, told(200, movedAs))}},
		{"unknown, not done", true, []Attempt{at(3, 5, move, unknown), at(6, 7, look, told(200, bornAs))}},
		{"unknown, done after its process ended", false, []Attempt{at(3, 5, move, unknown),
			at(6, 7, look, told(200, bornAs)), at(8, 9, look, told(200, movedAs))}},
		{"unknown, then replayed", true, []Attempt{at(3, 5, move, unknown), at(6, 7, move, replayed(told(200, movedAs)))}},
		{"unknown, then done", true, []Attempt{at(3, 5, move, unknown), at(6, 7, move, told(200, movedAs))}},
		{"replayed, never done", false, []Attempt{at(6, 7, move, replayed(told(200, movedAs)))}},
		{"done twice", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(6, 7, move, told(200, movedAs))}},
		{"replayed as something else", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(6, 7, move, replayed(told(200, bornAs)))}},
		{"stale", true, []Attempt{at(3, 4, ifMatch(move, 7), Response{HTTPStatus: 412, CurrentVersion: 1})}},
		{"stale, done", false, []Attempt{at(3, 4, ifMatch(move, 7), told(200, movedAs))}},
		{"not stale, rejected", false, []Attempt{at(3, 4, ifMatch(move, 1), Response{HTTPStatus: 412, CurrentVersion: 1})}},
		{"deleted and gone", true, []Attempt{at(3, 4, remove, told(200, removedAs)), at(5, 6, look, notFound)}},
		{"deleted and still found", false, []Attempt{at(3, 4, remove, told(200, removedAs)), at(5, 6, look, told(200, bornAs))}},
		{"its own address is in use", false, []Attempt{at(3, 4, Request{Kind: patch, User: "U", Handles: Handles{"A@x"}, Key: "o"}, inUse)}},
		{"role not held", true, []Attempt{at(3, 4, Request{Kind: removeRole, User: "U", Role: "viewer"}, notFound)}},
		{"role assigned", true, []Attempt{at(3, 4, Request{Kind: assignRole, User: "U", Role: "viewer"}, told(200, Record{Version: 2, Roles: "viewer"}))}},
		{"role lost", false, []Attempt{at(3, 4, Request{Kind: assignRole, User: "U", Role: "viewer"}, told(200, Record{Version: 2}))}},
	} {
		attempts := append([]Attempt{begin}, c.then...)
		if verdictOn(userModel(repeatedKeys(attempts)), userHistories(attempts)) != c.legal {
			t.Errorf("%s: should be legal: %v", c.name, c.legal)
		}
	}
}

func TestUserModelAcceptsCreationOvertakenByRejection(t *testing.T) {
	attempts := []Attempt{at(1, 99, born, unknown), at(2, 3, born, inUse), at(4, 5, look, told(200, bornAs)),
		at(6, 7, born, replayed(told(201, bornAs)))}
	if !verdictOn(userModel(repeatedKeys(attempts)), userHistories(attempts)) || len(directFaults(attempts)) != 0 {
		t.Errorf("legal history rejected: %v", directFaults(attempts))
	}
}

func TestHandleModel(t *testing.T) {
	begin := at(1, 2, born, told(201, bornAs))
	for _, c := range []struct {
		name  string
		legal bool
		then  []Attempt
	}{
		{"found", true, []Attempt{at(3, 4, findBy(email, "A@x"), told(200, bornAs))}},
		{"not found", false, []Attempt{at(3, 4, findBy(email, "a@x"), nobody)}},
		{"in use", true, []Attempt{at(3, 4, Request{Kind: create, Handles: Handles{"A@x"}, Key: "l"}, inUse)}},
		{"in use, but free", false, []Attempt{at(3, 4, Request{Kind: create, Handles: Handles{"c@x"}, Key: "l"}, inUse)}},
		{"assigned twice", false, []Attempt{{Request: Request{Kind: create, Handles: Handles{"a@x"}, Key: "l"}, Call: 3, Return: 4,
			Response: Response{HTTPStatus: 201, Record: &Record{ID: "V", Version: 1, Handles: Handles{"a@x"}}}}}},
		{"moved: the old address is free", true, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy(email, "a@x"), nobody)}},
		{"moved: the old address is not free", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy(email, "a@x"), told(200, bornAs))}},
		{"moved: not found by the new address", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy(email, "b@x"), nobody)}},
		{"unknown move, done", true, []Attempt{at(3, 4, move, unknown), at(5, 6, findBy(email, "a@x"), nobody)}},
		{"unknown move, not done", true, []Attempt{at(3, 4, move, unknown), at(5, 6, findBy(email, "b@x"), nobody)}},
		{"deleted: free", true, []Attempt{at(3, 4, remove, told(200, removedAs)), at(5, 6, findBy(email, "a@x"), nobody)}},
		{"deleted: not free", false, []Attempt{at(3, 4, remove, told(200, removedAs)),
			at(5, 6, Request{Kind: create, Handles: Handles{"a@x"}, Key: "l"}, inUse)}},
		{"read with its former address", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, look, told(200, bornAs))}},
	} {
		attempts := append([]Attempt{begin}, c.then...)
		if verdictOn(handleModel(), handleHistories(attempts)) != c.legal {
			t.Errorf("%s: should be legal: %v", c.name, c.legal)
		}
	}
}

func TestHandleModelOfOtherKinds(t *testing.T) {
	registered := Request{Kind: create, Handles: Handles{"a@x", "e", "n"}, Key: "k"}
	as := func(version uint64, handles Handles) Response {
		return told(200, Record{Version: version, Handles: handles, Status: "active"})
	}
	begin := at(1, 2, registered, as(1, registered.Handles))
	drop := Request{Kind: patch, User: "U", Handles: Handles{"", removed, ""}, Key: "d"}
	dropped := at(3, 4, drop, as(2, Handles{"a@x", "", "n"}))
	inUseBy := func(call int64, reason string, handles Handles) Attempt {
		return at(call, call+1, Request{Kind: create, Handles: handles, Key: "l"}, Response{HTTPStatus: 409, ConflictReason: reason})
	}
	for _, c := range []struct {
		name  string
		legal bool
		then  []Attempt
	}{
		{"found by each", true, []Attempt{at(3, 4, findBy(externalID, "e"), as(1, registered.Handles)),
			at(5, 6, findBy(userName, "N"), as(1, registered.Handles))}},
		{"letter case of an external id", true, []Attempt{at(3, 4, findBy(externalID, "E"), nobody)}},
		{"letter case of a user name", false, []Attempt{at(3, 4, findBy(userName, "N"), nobody)}},
		{"removed: free", true, []Attempt{dropped, at(5, 6, findBy(externalID, "e"), nobody)}},
		{"removed: not free", false, []Attempt{dropped, at(5, 6, findBy(externalID, "e"), as(1, registered.Handles))}},
		{"removed: in use", false, []Attempt{dropped, inUseBy(5, "EXTERNAL_ID_IN_USE", Handles{"b@x", "e", ""})}},
		{"removed: the others are not free", false, []Attempt{dropped, at(5, 6, findBy(userName, "n"), nobody)}},
		{"unknown removal", true, []Attempt{at(3, 4, drop, unknown), at(5, 6, findBy(externalID, "e"), nobody)}},
		{"in use", true, []Attempt{inUseBy(3, "USER_NAME_IN_USE", Handles{"b@x", "f", "N"})}},
		{"an earlier reason was due", false, []Attempt{inUseBy(3, "USER_NAME_IN_USE", Handles{"b@x", "e", "n"})}},
		{"the earliest reason", true, []Attempt{inUseBy(3, "EMAIL_IN_USE", registered.Handles)}},
		{"deleted: free", true, []Attempt{at(3, 4, remove, told(200, removedAs)), at(5, 6, findBy(userName, "n"), nobody)}},
		{"deleted: not free", false, []Attempt{at(3, 4, remove, told(200, removedAs)),
			at(5, 6, findBy(userName, "n"), as(1, registered.Handles))}},
	} {
		attempts := append([]Attempt{begin}, c.then...)
		if verdictOn(handleModel(), handleHistories(attempts)) != c.legal {
			t.Errorf("%s: should be legal: %v", c.name, c.legal)
		}
	}
}

func TestUserModelOfHandles(t *testing.T) {
	registered := Request{Kind: create, Handles: Handles{"a@x", "e", ""}, Key: "k"}
	begin := at(1, 2, registered, told(201, Record{Version: 1, Handles: registered.Handles, Status: "active"}))
	change := func(handles Handles) Request { return Request{Kind: patch, User: "U", Handles: handles, Key: "c"} }
	inUse := func(reason string) Response { return Response{HTTPStatus: 409, ConflictReason: reason} }
	for _, c := range []struct {
		name  string
		legal bool
		then  Attempt
	}{
		{"removed", true, at(3, 4, change(Handles{"", removed, ""}), told(200, Record{Version: 2, Handles: Handles{"a@x"}, Status: "active"}))},
		{"not removed", false, at(3, 4, change(Handles{"", removed, ""}), told(200, Record{Version: 2, Handles: registered.Handles, Status: "active"}))},
		{"removal of none is a no-op", true, at(3, 4, change(Handles{"", "", removed}), told(200, Record{Version: 1, Handles: registered.Handles, Status: "active"}))},
		{"removal in use", false, at(3, 4, change(Handles{"", removed, ""}), inUse("EXTERNAL_ID_IN_USE"))},
		{"other letter case in use", true, at(3, 4, change(Handles{"", "E", ""}), inUse("EXTERNAL_ID_IN_USE"))},
		{"its own external id in use", false, at(3, 4, change(Handles{"", "e", ""}), inUse("EXTERNAL_ID_IN_USE"))},
		{"a handle that was not sent", false, at(3, 4, change(Handles{"", "f", ""}), inUse("USER_NAME_IN_USE"))},
	} {
		attempts := []Attempt{begin, c.then}
		if verdictOn(userModel(repeatedKeys(attempts)), userHistories(attempts)) != c.legal {
			t.Errorf("%s: should be legal: %v", c.name, c.legal)
		}
	}
}

func TestDirectFaults(t *testing.T) {
	neverCreated := Response{HTTPStatus: 200, Record: &Record{ID: "V", Version: 1, Handles: Handles{"a@x"}}}
	again := replayed(told(201, bornAs))
	other := again
	again.Body, other.Body = "one", "other"
	begin := at(1, 2, born, told(201, bornAs))
	for name, attempts := range map[string][]Attempt{
		"a user that was never created": {begin, at(3, 4, findBy(email, "a@x"), neverCreated)},
		"found by another handle":       {begin, at(3, 4, findBy(email, "b@x"), told(200, bornAs))},
		"replays differ":                {begin, at(3, 4, born, again), at(5, 6, born, other)},
	} {
		if len(directFaults(attempts)) != 1 {
			t.Errorf("%s: %v", name, directFaults(attempts))
		}
	}
	if faults := directFaults([]Attempt{begin, at(3, 4, findBy(email, "A@x"), told(200, bornAs))}); len(faults) != 0 {
		t.Error(faults)
	}
}
