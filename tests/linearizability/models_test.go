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
	born      = Request{Kind: create, Email: "a@x", Name: "n", Key: "k"}
	bornAs    = Record{Version: 1, Email: "a@x", Name: "n", Status: "active"}
	look      = Request{Kind: get, User: "U"}
	move      = Request{Kind: patch, User: "U", Email: "b@x", Key: "m"}
	movedAs   = Record{Version: 2, Email: "b@x", Name: "n", Status: "active"}
	remove    = Request{Kind: setStatus, User: "U", Status: "deleted"}
	removedAs = Record{Version: 2, Status: "deleted"}
	unknown   = Response{}
	notFound  = Response{HTTPStatus: 404}
	nobody    = Response{HTTPStatus: 200}
	inUse     = Response{HTTPStatus: 409, ConflictReason: "EMAIL_IN_USE"}
)

func findBy(email string) Request { return Request{Kind: find, Email: email} }

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
		{"version skipped", false, []Attempt{at(3, 4, move, told(200, Record{Version: 3, Email: "b@x", Name: "n", Status: "active"}))}},
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
		{"its own address is in use", false, []Attempt{at(3, 4, Request{Kind: patch, User: "U", Email: "A@x", Key: "o"}, inUse)}},
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

func TestAddressModel(t *testing.T) {
	begin := at(1, 2, born, told(201, bornAs))
	for _, c := range []struct {
		name  string
		legal bool
		then  []Attempt
	}{
		{"found", true, []Attempt{at(3, 4, findBy("A@x"), told(200, bornAs))}},
		{"not found", false, []Attempt{at(3, 4, findBy("a@x"), nobody)}},
		{"in use", true, []Attempt{at(3, 4, Request{Kind: create, Email: "A@x", Key: "l"}, inUse)}},
		{"in use, but free", false, []Attempt{at(3, 4, Request{Kind: create, Email: "c@x", Key: "l"}, inUse)}},
		{"assigned twice", false, []Attempt{{Request: Request{Kind: create, Email: "a@x", Key: "l"}, Call: 3, Return: 4,
			Response: Response{HTTPStatus: 201, Record: &Record{ID: "V", Version: 1, Email: "a@x"}}}}},
		{"moved: the old address is free", true, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy("a@x"), nobody)}},
		{"moved: the old address is not free", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy("a@x"), told(200, bornAs))}},
		{"moved: not found by the new address", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, findBy("b@x"), nobody)}},
		{"unknown move, done", true, []Attempt{at(3, 4, move, unknown), at(5, 6, findBy("a@x"), nobody)}},
		{"unknown move, not done", true, []Attempt{at(3, 4, move, unknown), at(5, 6, findBy("b@x"), nobody)}},
		{"deleted: free", true, []Attempt{at(3, 4, remove, told(200, removedAs)), at(5, 6, findBy("a@x"), nobody)}},
		{"deleted: not free", false, []Attempt{at(3, 4, remove, told(200, removedAs)),
			at(5, 6, Request{Kind: create, Email: "a@x", Key: "l"}, inUse)}},
		{"read with its former address", false, []Attempt{at(3, 4, move, told(200, movedAs)), at(5, 6, look, told(200, bornAs))}},
	} {
		attempts := append([]Attempt{begin}, c.then...)
		if verdictOn(addressModel(), addressHistories(attempts)) != c.legal {
			t.Errorf("%s: should be legal: %v", c.name, c.legal)
		}
	}
}

func TestDirectFaults(t *testing.T) {
	neverCreated := Response{HTTPStatus: 200, Record: &Record{ID: "V", Version: 1, Email: "a@x"}}
	again := replayed(told(201, bornAs))
	other := again
	again.Body, other.Body = "one", "other"
	begin := at(1, 2, born, told(201, bornAs))
	for name, attempts := range map[string][]Attempt{
		"a user that was never created": {begin, at(3, 4, findBy("a@x"), neverCreated)},
		"found by another address":      {begin, at(3, 4, findBy("b@x"), told(200, bornAs))},
		"replays differ":                {begin, at(3, 4, born, again), at(5, 6, born, other)},
	} {
		if len(directFaults(attempts)) != 1 {
			t.Errorf("%s: %v", name, directFaults(attempts))
		}
	}
	if faults := directFaults([]Attempt{begin, at(3, 4, findBy("A@x"), told(200, bornAs))}); len(faults) != 0 {
		t.Error(faults)
	}
}
