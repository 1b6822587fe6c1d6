package linearizability

import (
	"fmt"
	"hash/fnv"

	"github.com/anishathalye/porcupine"
)

// handleEvent is the effect of an attempt on one handle. Each handle is a register: its state is its
// owner's id, or "" if it is free.
type handleEvent struct {
	meaning meaning
	user    string
	maybe   bool // the outcome is unknown
}

type meaning string

const (
	claims  meaning = "claims it" // creation: the handle must be free
	movesTo meaning = "moves to it"
	// A change to another handle, a removal, or a deletion. If the user has this handle, it is free
	// afterwards. The request does not name the old handle and need not: the change releases exactly
	// the handle that the user has at that moment, and no other.
	leaves      meaning = "leaves it"
	has         meaning = "has it"
	isFree      meaning = "no user has it"
	isRejected  meaning = "finds it in use"     // another user has it
	isAvailable meaning = "finds it not in use" // a conflict of a later kind was reported instead
)

func (e handleEvent) String() string {
	text := fmt.Sprintf("%s %s", e.user, e.meaning)
	if e.maybe {
		text += "?"
	}
	return text
}

// handleStep returns the possible owners of the handle after the event, or none if the event is
// impossible.
func handleStep(owner string, event handleEvent) []string {
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
	case isAvailable:
		possible = owner == "" || owner == event.user
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

func handleModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{""} },
		Step: func(state, input, _ interface{}) []interface{} {
			var next []interface{}
			for _, after := range handleStep(state.(string), input.(handleEvent)) {
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

// handleHistories returns the part of the history that concerns each handle. A change of handles
// affects several of them at one moment, and each part contains its share. So a linearizable history
// has linearizable parts, and an illegal part proves the whole history illegal.
func handleHistories(attempts []Attempt) map[string][]porcupine.Operation {
	histories := map[string][]porcupine.Operation{}
	for kind := range handleNames {
		addHandleHistories(histories, kind, attempts)
	}
	return histories
}

// addHandleHistories adds the histories of all handles of one kind.
func addHandleHistories(histories map[string][]porcupine.Operation, kind int, attempts []Attempt) {
	creations := creationsOf(attempts)
	add := func(attempt Attempt, handle string, meaning meaning, user string) {
		name := handleNames[kind] + " " + compared(kind, handle)
		histories[name] = append(histories[name], porcupine.Operation{
			ClientId: attempt.Client, Call: attempt.Call, Return: attempt.Return,
			Input: handleEvent{meaning, user, attempt.Response.unknown()}, Output: attempt.Response})
	}

	couldHave := map[string]map[string]bool{} // maps each user to the handles that it may ever have had
	for _, attempt := range attempts {
		user, handle := attempt.userOf(creations), attempt.Request.Handles[kind]
		if user != "" && handle != "" && handle != removed && attempt.Request.Kind != find {
			if couldHave[user] == nil {
				couldHave[user] = map[string]bool{}
			}
			couldHave[user][compared(kind, handle)] = true
		}
	}
	leavesAll := func(attempt Attempt, user, but string) {
		for handle := range couldHave[user] {
			if handle != but {
				add(attempt, handle, leaves, user)
			}
		}
	}

	for _, attempt := range attempts {
		request, response := attempt.Request, attempt.Response
		if response.Replayed {
			continue // the first attempt is included too; the user's history checks its effect
		}
		user, handle := attempt.userOf(creations), request.Handles[kind]
		conflict := kindOfReason(response.ConflictReason)
		tookEffect := response.success() || response.unknown()
		switch {
		case conflict == kind:
			add(attempt, handle, isRejected, request.User)
		case conflict != handleKinds:
			if kind < conflict && handle != "" && handle != removed {
				add(attempt, handle, isAvailable, request.User)
			}
		case request.Kind == find && response.success() && user == "":
			if handle != "" {
				add(attempt, handle, isFree, "")
			}
		case request.Kind == create && tookEffect && user != "" && handle != "":
			add(attempt, handle, claims, user)
		case request.Kind == patch && handle == removed && tookEffect:
			leavesAll(attempt, user, "")
		case request.Kind == patch && handle != "" && tookEffect:
			add(attempt, handle, movesTo, user)
			leavesAll(attempt, user, compared(kind, handle))
		case request.Kind == setStatus && request.Status == "deleted" && tookEffect:
			leavesAll(attempt, user, "")
		case response.success() && response.Record.Handles[kind] != "":
			add(attempt, response.Record.Handles[kind], has, user) // get, find, a patch of something else
		}
	}
}
