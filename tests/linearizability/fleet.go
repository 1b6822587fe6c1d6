package linearizability

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const patience = 60 * time.Second // time limit for a program to start or end

// process is one run of a program.
type process struct {
	url   string
	store *process      // the process that stores its writes: itself, or the engine of its tables
	ended chan struct{} // closed when the process is gone
	endAt int64         // the time at which that was noticed; read it after `ended`

	creations atomic.Int32 // requests sent to it that have no response yet

	command  *exec.Cmd
	log      string
	expected bool // the test ended it
	exit     error
}

// launch starts a program and appends its stderr to the file `log`.
func launch(command *exec.Cmd, log string) (*process, error) {
	stderr, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	command.Stderr = stderr
	p := &process{command: command, log: log, ended: make(chan struct{})}
	p.store = p
	return p, command.Start()
}

func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) logTail() string {
	text, _ := os.ReadFile(p.log)
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return string(text)
}

// fleet contains the servers of a run, which share one store. It is safe for concurrent use, but
// only one caller may start and stop servers.
type fleet struct {
	now     func() int64
	servers []*server
	engine  *process // of the tables; nil where the server has a data directory

	mutex   sync.Mutex
	started *sync.Cond
	ports   map[string]bool
	failure error // why the run cannot go on
}

func newFleet(now func() int64) *fleet {
	f := &fleet{now: now, ports: map[string]bool{}}
	f.started = sync.NewCond(&f.mutex)
	return f
}

// watch waits for the end of the process.
func (f *fleet) watch(p *process) {
	err := p.command.Wait()
	f.mutex.Lock()
	p.exit = err
	p.endAt = f.now()
	expected := p.expected
	f.mutex.Unlock()
	if !expected {
		f.fail(fmt.Errorf("%s ended by itself (%v): %s", p.command.Path, err, p.logTail()))
	}
	close(p.ended)
}

// mustGoOn makes an end of the process a failure from now on. It returns false if the process has
// already ended.
func (f *fleet) mustGoOn(p *process) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	p.expected = false
	return p.endAt == 0
}

// end sends the signal and waits until the process has ended.
func (f *fleet) end(p *process, signal os.Signal) error {
	f.mutex.Lock()
	p.expected = true
	f.mutex.Unlock()
	p.command.Process.Signal(signal)
	hurry := time.AfterFunc(patience, func() { p.command.Process.Kill() })
	defer hurry.Stop()
	<-p.ended
	return p.exit
}

// isNew returns false if a process used this port before. No port is used twice, so a request to a
// process that has ended cannot reach another one.
func (f *fleet) isNew(url string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	known := f.ports[url]
	f.ports[url] = true
	return !known
}

// choose returns the process of the first running server, starting with this number. It waits while
// none is running, and returns an error if the run has failed.
func (f *fleet) choose(number int) (*process, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for f.failure == nil {
		for n := range f.servers {
			p := f.servers[(number+n)%len(f.servers)].current
			if p != nil && p.runs() {
				return p, nil
			}
		}
		f.started.Wait()
	}
	return nil, f.failure
}

// fail ends all waits. The first error is kept.
func (f *fleet) fail(err error) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.failure == nil {
		f.failure = err
	}
	f.started.Broadcast()
	return f.failure
}

func (f *fleet) failed() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.failure
}

func (f *fleet) start() error {
	for _, s := range f.servers {
		if err := s.start(); err != nil {
			return err
		}
	}
	return nil
}

// stop ends all processes as an operator does.
func (f *fleet) stop() error {
	for _, s := range f.servers {
		if err := s.stop(); err != nil {
			return err
		}
	}
	f.kill()
	return nil
}

// kill ends all processes with SIGKILL.
func (f *fleet) kill() {
	for _, s := range f.servers {
		s.kill()
	}
	if f.engine != nil {
		f.end(f.engine, syscall.SIGKILL)
	}
}
