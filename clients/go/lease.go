// The lease kept for a start without network, and asking again while the app runs: goes beside kami.go and proof.go.
package main

import (
	"crypto/rand"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
func random(size int) []byte                 { id := make([]byte, size); must(rand.Read(id)); return id }

var started, told = time.Now(), atomic.Int64{} // told: when that was, by the newest proof since

func passed() float64 { return time.Since(started).Seconds() } // whatever is done to the clock meanwhile

func now() float64 { // a clock that is turned back while it runs goes on nevertheless
	since := told.Load()
	if since == 0 {
		since = started.Unix()
	}
	return math.Max(float64(time.Now().Unix()), float64(since)+math.Floor(passed()))
}

func folder() string { // of your app's own
	for _, name := range []string{"APPDATA", "XDG_CONFIG_HOME"} {
		if config := os.Getenv(name); config != "" {
			return filepath.Join(config, appName)
		}
	}
	return filepath.Join(must(os.UserHomeDir()), ".config", appName)
}

func write(name, text string) { // so that nobody sees half of it, nor anybody else any
	must(0, os.MkdirAll(folder(), 0o700))
	file := must(os.CreateTemp(folder(), name))
	must(file.WriteString(text))
	must(0, file.Close())
	must(0, os.Rename(file.Name(), filepath.Join(folder(), name)))
}

type keeping struct {
	Proof          string
	Latest, Proven float64 // the latest moment seen, and the latest that a proof told: a clock may have been wrong once
}

func kept() (kept keeping) {
	if text, err := os.ReadFile(filepath.Join(folder(), "licence.json")); err == nil {
		json.Unmarshal(text, &kept)
	}
	return kept
}

func keep(kept keeping) {
	defer func() { _ = recover() }() // without a place for it the app starts with network only
	write("licence.json", string(must(json.Marshal(
		object{"proof": kept.Proof, "latest": kept.Latest, "proven": kept.Proven}))))
}

func isOf(proof, code string) (isOf bool) { // whether a kept proof is about this card
	defer func() { _ = recover() }()
	_, says, _, _ := open(proof, "kami-proof+jws")
	return says.Code == digest(says.Nonce, code)
}

// proven is the answer to act upon, its moment, and until when it is good.
func proven(said object, what string, asked fields, body string, status int) (object, float64, float64) {
	kept, clock := kept(), float64(time.Now().Unix())
	moment := math.Max(math.Max(clock, kept.Proven), float64(told.Load())+passed()) // not by a clock put right since
	says := check(said, what, asked, body, status, moment)
	told.Store(int64(says.Iat - passed()))
	isFinal := status < 500 && status != 408 && status != 429
	isOver := what == "validate" && isFinal || says.Answer["unbound"] == true || says.Answer["released"] == true
	if isOver && isOf(kept.Proof, asked["code"]) { // a mistyped code ends nothing
		kept.Proof = ""
	}
	if what == "validate" && says.OfflineUntil > 0 {
		kept.Proof, _ = said["proof"].(string)
	}
	kept.Latest, kept.Proven = math.Max(clock, says.Iat), math.Max(kept.Proven, says.Iat)
	keep(kept)
	return says.Answer, says.Iat, says.Exp
}

// start is by the kept lease, where there was no answer and it lets the app.
func start(code string, outage Answer) (answer Answer) {
	answer = outage
	defer func() { _ = recover() }()
	kept, clock := kept(), float64(time.Now().Unix())
	kept.Latest = math.Max(math.Max(kept.Latest, kept.Proven), now())
	says := checkLease(kept.Proof, fields{"code": code, "machine_code": MachineCode(), "app": product}, clock, kept.Latest)
	keep(kept)
	delete(says.Answer, "renew_after") // which may be long ago
	return granted(says.Answer, clock, says.OfflineUntil)
}

// Watch asks again while the app runs; stop gets, in a goroutine, the answer with which it has to end.
func Watch(code string, answer Answer, stop func(Answer)) {
	go func() {
		for until := 0.0; answer.Outcome != Refused; answer = Validate(code) {
			pause := (until - passed()) / 2
			if answer.Outcome == Granted {
				until, pause = passed()+answer.lasts, answer.askAfter
			} else if pause <= 0 {
				break
			}
			time.Sleep(duration(math.Max(pause, wait)))
		}
		stop(answer)
	}()
}
