// The lease kept for a start without network, and asking again while the app runs: goes beside kami.go and the others.
package main

import (
	"context"
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

type keeping struct {
	Proof          string
	Latest, Proven float64 // the latest moment seen, and the latest that a proof told: a clock may have been wrong once
	Sequence       int64   // the last that the server told this device
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
		object{"proof": kept.Proof, "latest": kept.Latest, "proven": kept.Proven, "sequence": kept.Sequence}))))
}

func isOf(proof, code string) (isOf bool) { // whether a kept proof is about this card
	defer func() { _ = recover() }()
	_, says, _, _ := open(proof, "kami-proof+jws")
	return says.Code == digest(says.Nonce, code)
}

func (says claims) start(asked fields, clock, latest float64) { // now, on this device
	need(says.Device == "" || says.Device == asked["device"], "another device")
	need(says.Answer["status"] == "success" && says.OfflineUntil > math.Max(clock, latest), "it is over")
	need(clock >= math.Max(latest, says.Iat)-300, "the clock was turned back")
}

// checkLease is what a kept proof says, where it lets the app start.
func checkLease(proof string, asked fields, clock, latest float64) claims {
	says := opened(proof, "kami-proof+jws", asked["app"], math.Max(clock, latest))
	says.answers(asked, says.Nonce, "POST /api/validate", 200)
	says.start(asked, clock, latest)
	restore(says.Answer, nil, "")
	return says
}

// proven is the answer to act upon, its moment, and until when it is good.
func proven(said object, what string, asked fields, body string, status int) (object, float64, float64) {
	clock := float64(time.Now().Unix())
	moment := math.Max(math.Max(clock, kept().Proven), float64(told.Load())+passed()) // not by a clock put right since
	says := check(said, what, asked, body, status, moment)
	told.Store(int64(says.Iat - passed()))
	kept := kept() // another process may have kept something meanwhile
	isFinal := status < 500 && status != 408 && status != 429 && says.Answer["reason"] != "signature_expired"
	isOver := what == "validate" && isFinal || says.Answer["unbound"] == true || says.Answer["released"] == true
	if isOver && isOf(kept.Proof, asked["code"]) { // a mistyped code ends nothing
		kept.Proof = ""
	}
	if what == "validate" && says.OfflineUntil > 0 {
		kept.Proof, _ = said["proof"].(string)
	}
	if sequence, isTold := says.Answer["device_sequence"].(json.Number); isTold {
		kept.Sequence = must(sequence.Int64())
	}
	kept.Latest, kept.Proven = math.Max(clock, says.Iat), math.Max(kept.Proven, says.Iat)
	keep(kept)
	return says.Answer, says.Iat, says.Exp
}

// start is by the kept lease, else by a licence file, where there was no answer and one of them lets the app.
func start(code string, outage Answer) Answer {
	answer := startBy(checkLease, kept().Proof, code, outage)
	if answer.Outcome == Outage {
		text, _ := os.ReadFile(filepath.Join(folder(), "licence.txt"))
		answer = startBy(checkLicence, string(text), code, outage)
	}
	return answer
}

func startBy(check func(string, fields, float64, float64) claims, text, code string, otherwise Answer) (answer Answer) {
	answer = otherwise
	defer func() { _ = recover() }()
	_, _, own := device()
	asked := fields{"code": code, "machine_code": MachineCode(), "app": product, "device": own}
	clock, latest := float64(time.Now().Unix()), math.Max(math.Max(kept().Latest, kept().Proven), now())
	says, kept := check(text, asked, clock, latest), kept()
	kept.Latest = latest
	keep(kept)
	delete(says.Answer, "renew_after") // which may be long ago
	return granted(says.Answer, clock, says.OfflineUntil)
}

func granted(said object, at, until float64) Answer { // said at that moment, good until the other
	from := func(name string) float64 {
		text, _ := said[name].(string)
		if moment, err := time.Parse(time.RFC3339, text); err == nil {
			return float64(moment.Unix()) - at
		}
		return until - at
	}
	lasts := math.Min(3600, math.Min(float64(until-at), from("lease_until")))
	askAfter := math.Min(lasts/2, math.Max(from("renew_after"), wait))
	return Answer{Outcome: Granted, Said: said, lasts: lasts, askAfter: askAfter}
}

// Watch asks again until ctx is done; stop gets, in a goroutine, the answer with which the app has to end before that.
func Watch(ctx context.Context, code string, answer Answer, stop func(Answer)) {
	go func() {
		for until := 0.0; answer.Outcome != Refused; answer = Validate(code) {
			pause := (until - passed()) / 2
			if answer.Outcome == Granted {
				until, pause = passed()+answer.lasts, answer.askAfter
			} else if pause <= 0 {
				break
			}
			select {
			case <-time.After(duration(math.Max(pause, wait))):
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() == nil {
			stop(answer)
		}
	}()
}
