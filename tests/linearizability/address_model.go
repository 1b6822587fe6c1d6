package linearizability

import (
	"fmt"
	"hash/fnv"

	"github.com/anishathalye/porcupine"
)

// addressEvent is the effect of an attempt on one email address. The state of an address is its
// owner's id, or "" if it is free.
type addressEvent struct {
	meaning meaning
	user    string
	maybe   bool // the outcome is unknown
}

type meaning string

const (
	claims  meaning = "claims it" // creation: the address must be free
	movesTo meaning = "moves to it"
	// A change to another address, or a deletion. If the user has this address, it is free afterwards.
	// The request does not name the old address and need not: the change releases exactly the address
	// that the user has at that moment, and no other.
	leaves     meaning = "leaves it"
	has        meaning = "has it"
	isFree     meaning = "no user has it"
	isRejected meaning = "finds it in use" // another user has it
)

func (e addressEvent) String() string {
	text := fmt.Sprintf("%s %s", e.user, e.meaning)
	if e.maybe {
		text += "?"
	}
	return text
}

// addressStep returns the possible owners of the address after the event, or none if the event is
// impossible.
func addressStep(owner string, event addressEvent) []string {
	after, possible := owner, false
	switch event.meaning {
	case claims:
		after, possible = event.user, owner == ""
	case movesTo:
		after, possible = event.user, owner == "" || owner == event.user
	case leaves:
		possible = true
		if owner == event.user {
			after = ""
		}
	case has:
		possible = owner == event.user
	case isFree:
		possible = owner == ""
	case isRejected:
		possible = owner != "" && owner != event.user
	}
	if event.maybe {
		if !possible || after == owner {
			return []string{owner}
		}
		return []string{owner, after}
	}
	if !possible {
		return nil
	}
	return []string{after}
}

func addressModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{""} },
		Step: func(state, input, _ interface{}) []interface{} {
			var next []interface{}
			for _, after := range addressStep(state.(string), input.(addressEvent)) {
				next = append(next, after)
			}
			return next
		},
		Hash: func(state interface{}) uint64 {
			hash := fnv.New64a()
			hash.Write([]byte(state.(string)))
			return hash.Sum64()
		},
		DescribeOperation: func(input, _ interface{}) string { return fmt.Sprint(input) },
		DescribeState: func(state interface{}) string {
			if state == "" {
				return "free"
			}
			return state.(string)
		},
	}
	return model.ToModel()
}

// addressHistories returns the part of the history that concerns each address. A change of address
// affects two addresses at one moment, and each part contains its half. So a linearizable history
// has linearizable parts, and an illegal part proves the whole history illegal.
func addressHistories(attempts []Attempt) map[string][]porcupine.Operation {
	creations := creationsOf(attempts)
	histories := map[string][]porcupine.Operation{}
	add := func(attempt Attempt, email string, meaning meaning, user string) {
		address := addressOf(email)
		histories[address] = append(histories[address], porcupine.Operation{
			ClientId: attempt.Client, Call: attempt.Call, Return: attempt.Return,
			Input: addressEvent{meaning, user, attempt.Response.unknown()}, Output: attempt.Response})
	}

	couldHave := map[string]map[string]bool{} // maps each user to the addresses that it may ever have had
	for _, attempt := range attempts {
		user := attempt.userOf(creations)
		if email := attempt.Request.Email; user != "" && email != "" && attempt.Request.Kind != find {
			if couldHave[user] == nil {
				couldHave[user] = map[string]bool{}
			}
			couldHave[user][addressOf(email)] = true
		}
	}
	leavesAll := func(attempt Attempt, user, but string) {
		for address := range couldHave[user] {
			if address != but {
				add(attempt, address, leaves, user)
			}
		}
	}

	for _, attempt := range attempts {
		request, response := attempt.Request, attempt.Response
		if response.Replayed {
			continue // the first attempt is included too; the user's history checks its effect
		}
		user := attempt.userOf(creations)
		rejected := response.ConflictReason == "EMAIL_IN_USE"
		tookEffect := response.success() || response.unknown()
		switch {
		case rejected:
			add(attempt, request.Email, isRejected, request.User)
		case request.Kind == find && response.success() && user == "":
			add(attempt, request.Email, isFree, "")
		case request.Kind == create && tookEffect && user != "":
			add(attempt, request.Email, claims, user)
		case request.Kind == patch && request.Email != "" && tookEffect:
			add(attempt, request.Email, movesTo, user)
			leavesAll(attempt, user, addressOf(request.Email))
		case request.Kind == setStatus && request.Status == "deleted" && tookEffect:
			leavesAll(attempt, user, "")
		case response.success() && response.Record.Email != "":
			add(attempt, response.Record.Email, has, user) // get, find, a patch of something else
		}
	}
	return histories
}
