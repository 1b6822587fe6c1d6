package linearizability

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Requests to DynamoDB must be signed, but the engine does not verify signatures.
var awsEnvironment = []string{"AWS_ACCESS_KEY_ID=AKIALINEARIZABILITY1",
	"AWS_SECRET_ACCESS_KEY=secret-of-the-tables", "AWS_REGION=eu-central-1"}

// addOnTables adds servers without a store of their own to the fleet. It starts one DynamoDB Local,
// and all servers use its tables. The first server to start creates the tables.
func (f *fleet) addOnTables(binary, folder string, count int) error {
	if err := f.startEngine(filepath.Join(folder, "engine.log")); err != nil {
		return err
	}
	for n := 0; n < count; n++ {
		arguments := []string{"--store", "dynamodb", "--dynamodb-endpoint", f.engine.url, "--users-table", "users",
			"--idempotency-table", "idempotency"}
		if n == 0 {
			arguments = append(arguments, "--create-tables")
		}
		s, err := f.add(binary, folder, arguments...)
		if err != nil {
			return err
		}
		s.environment = awsEnvironment
	}
	return nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

const engineStarts = 3 // another program may take the port in the meantime

func (f *fleet) startEngine(log string) error {
	for n := 1; ; n++ {
		p, err := f.launchEngine(log)
		if err != nil {
			return err
		}
		if f.getsReady(p) {
			f.engine = p
			return nil
		}
		f.end(p, syscall.SIGKILL)
		if n == engineStarts {
			return f.fail(errors.New("the engine does not start: " + p.logTail()))
		}
	}
}

// launchEngine starts a process that may end without causing a failure until it is ready.
func (f *fleet) launchEngine(log string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p, err := launch(exec.Command("../engines/start", "dynamodb-local", fmt.Sprint(port)), log)
	if err != nil {
		return nil, err
	}
	p.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	p.expected = true
	go f.watch(p)
	return p, nil
}

func (f *fleet) getsReady(p *process) bool {
	client := http.Client{Timeout: 5 * time.Second}
	for began := time.Now(); time.Since(began) < patience && p.runs(); time.Sleep(50 * time.Millisecond) {
		// An unsigned call is rejected, which shows that the engine responds.
		response, err := client.Post(p.url, "application/json", strings.NewReader("{}"))
		if err != nil {
			continue
		}
		response.Body.Close()
		return f.mustGoOn(p)
	}
	return false
}
