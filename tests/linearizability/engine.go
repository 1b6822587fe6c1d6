package linearizability

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Nobody verifies them here, but requests to DynamoDB are signed.
var awsEnvironment = []string{"AWS_ACCESS_KEY_ID=AKIALINEARIZABILITY1",
	"AWS_SECRET_ACCESS_KEY=secret-of-the-tables", "AWS_REGION=eu-central-1"}

// addOnTables gives the fleet servers without a store of their own: all work on the tables of one DynamoDB Local,
// which it starts. The first server to start makes the tables.
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

func (f *fleet) startEngine(log string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	p, err := launch(exec.Command("../engines/start", "dynamodb-local", fmt.Sprint(port)), log)
	if err != nil {
		return err
	}
	p.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	f.engine = p
	go f.watch(p)
	client := http.Client{Timeout: 5 * time.Second}
	for began := time.Now(); time.Since(began) < patience && f.failed() == nil; time.Sleep(50 * time.Millisecond) {
		// An unsigned call is refused, and a refusal is an answer.
		if response, err := client.Post(p.url, "application/json", strings.NewReader("{}")); err == nil {
			return response.Body.Close()
		}
	}
	return f.fail(errors.New("the engine does not answer: " + p.logTail()))
}
