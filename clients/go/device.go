// The files of this device, its key, which signs requests, and licences in files: goes beside kami.go and the others.
// Hardware keeps a key better: on Windows one of NCryptCreatePersistedKey with MS_PLATFORM_CRYPTO_PROVIDER, on a Mac
// of SecKeyCreateRandomKey with kSecAttrTokenIDSecureEnclave.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func folder() string { // of your app's own
	for _, name := range []string{"APPDATA", "XDG_CONFIG_HOME"} {
		if config := os.Getenv(name); config != "" {
			return filepath.Join(config, appName)
		}
	}
	return filepath.Join(must(os.UserHomeDir()), ".config", appName)
}

func write(name, text string) { must(0, place(name, text, os.Rename)) }

func place(name, text string, as func(from, to string) error) error { // nobody sees half of it, and nobody else any
	must(0, os.MkdirAll(folder(), 0o700))
	file := must(os.CreateTemp(folder(), name))
	defer os.Remove(file.Name())
	must(file.WriteString(text))
	must(0, file.Sync())
	must(0, file.Close())
	return as(file.Name(), filepath.Join(folder(), name))
}

func jwk(point []byte) string { // of 04, x, y, as RFC 7638 has it
	return fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, encode(point[1:33]), encode(point[33:]))
}

// device is the key of device.json, a JWK (RFC 7517) that is made once and never replaced, its public one and the
// thumbprint of that: nil and empty without root keys, or where there is no place for it.
func device() (key *ecdsa.PrivateKey, public, thumbprint string) {
	defer func() {
		if recover() != nil {
			key, public, thumbprint = nil, "", "" // the server says whether it wants one
		}
	}()
	need(len(rootKeys) > 0, "nobody pinned")
	path := filepath.Join(folder(), "device.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		made := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		d := encode(made.D.FillBytes(make([]byte, 32)))
		public = jwk(elliptic.Marshal(elliptic.P256(), made.X, made.Y))
		_ = place("device.json", `{"d":"`+d+`",`+public[1:], os.Link) // who was first wins
		text, err = os.ReadFile(path)
	}
	own := parse[struct{ Kty, Crv, D, X, Y string }](must(text, err))
	number := decode(own.D)
	d := new(big.Int).SetBytes(number)
	need(len(number) == 32 && d.Sign() > 0 && d.Cmp(elliptic.P256().Params().N) < 0, "a private key")
	x, y := elliptic.P256().ScalarBaseMult(number)
	point := elliptic.Marshal(elliptic.P256(), x, y)
	need(own.Kty == "EC" && own.Crv == "P-256" && own.X == encode(point[1:33]) && own.Y == encode(point[33:]), "its point")
	key = &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, D: d}
	return key, jwk(point), encode(hash(jwk(point)))
}

// sign puts into the header of a request that it is this device's, and into asked whose that is.
func sign(header http.Header, what string, asked fields, body string) {
	key, public, thumbprint := device()
	if key == nil {
		return
	}
	asked["device"] = thumbprint
	moment := float64(time.Now().Unix())
	if since := told.Load(); since > 0 {
		moment = float64(since) + math.Floor(passed())
	}
	first := encode([]byte(`{"alg":"ES256","typ":"kami-device+jws","jwk":` + public + `}`))
	signed := first + "." + encode(must(json.Marshal(object{"iat": moment, "nonce": asked["nonce"],
		"route": "POST /api/" + what, "request": digest(asked["nonce"], body), "sequence": kept().Sequence})))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash(signed))
	signature := make([]byte, 64)
	must(r, err).FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	header.Set("Kami-Device", signed+"."+encode(signature))
}

var licence = regexp.MustCompile(`(?s)-----BEGIN KAMI LICENCE-----(.*?)-----END KAMI LICENCE-----`)

// checkLicence is what a licence file says, where it lets the app start: by a certified key, or by a root key itself.
func checkLicence(file string, asked fields, clock, latest float64) claims {
	found := licence.FindStringSubmatch(file)
	need(found != nil, "no licence file")
	text := strings.Join(strings.Fields(found[1]), "")
	header, says, signed, signature := open(text, "kami-licence+jws")
	if header.Crt != "" {
		says = opened(text, "kami-licence+jws", asked["app"], math.Max(clock, latest))
	} else {
		root := signer(signed, signature)
		need(root != nil && header.Kid == encode(hash(jwk(root))), "not by a pinned key")
	}
	need(says.App == asked["app"], "another app")
	need(says.Code == digest(says.Nonce, asked["code"]), "another code")
	need(says.Machine == digest(says.Nonce, asked["machine_code"]), "another machine")
	says.OfflineUntil = says.Exp
	if _, ends := parse[object](decode(strings.Split(text, ".")[1]))["exp"]; !ends {
		says.OfflineUntil = math.Inf(1)
	}
	says.start(asked, clock, latest)
	return says
}

// KeepLicence puts a licence file where Validate finds it, if it is one of this card for this machine.
func KeepLicence(file, code string) (answer Answer) {
	none := Answer{Outcome: Refused, Message: "no licence of this card for this machine"}
	text, _ := os.ReadFile(file)
	if answer = startBy(checkLicence, string(text), code, none); answer.Outcome == Granted {
		defer func() {
			if err := recover(); err != nil {
				answer = Answer{Outcome: Refused, Message: fmt.Sprint(err)} // there is no place for it
			}
		}()
		write("licence.txt", string(text))
	}
	return answer
}
