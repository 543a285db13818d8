// What is proven of an answer, by a key that a pinned one has certified: goes beside kami.go and the others.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

type claims struct { // what stands in a proof or a certificate
	Alg, Typ, Kid, Crt, App, Nonce, Route, Code, Machine, Device, Request string
	Iat, Exp, Status                                                      float64
	OfflineUntil                                                          float64 `json:"offline_until"`
	Jwk                                                                   struct{ Kty, Crv, X, Y string }
	Crit                                                                  any
	Answer                                                                object
}

func hash(text string) []byte          { sum := sha256.Sum256([]byte(text)); return sum[:] }
func encode(data []byte) string        { return base64.RawURLEncoding.EncodeToString(data) }
func digest(nonce, text string) string { return encode(hash(nonce + ":" + text)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func need(fact bool, what string) {
	if !fact {
		panic("not proven: " + what)
	}
}

func decode(text string) []byte { // the one way to write it, and no other
	data, _ := base64.RawURLEncoding.DecodeString(text)
	need(encode(data) == text, "base64")
	return data
}

func parse[T any](text []byte) (value T) { // strictly: nothing behind it, no member twice
	need(json.Valid(text), "no JSON")
	once(json.NewDecoder(bytes.NewReader(text)))
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	must(0, decoder.Decode(&value))
	return value
}

func once(decoder *json.Decoder) {
	open, names := must(decoder.Token()), map[json.Token]bool{}
	_, nests := open.(json.Delim)
	for ; nests && decoder.More(); once(decoder) {
		if open == json.Delim('{') {
			name := must(decoder.Token())
			need(!names[name], "a member twice")
			names[name] = true
		}
	}
	if nests {
		must(decoder.Token())
	}
}

func isSigned(signed string, signature, key []byte) bool { // ES256: r and s by the key 04, x, y
	x, y := elliptic.Unmarshal(elliptic.P256(), key) // none where it isn't on the curve
	if x == nil || len(signature) != 64 {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, hash(signed), r, s)
}

func open(text, kind string) (header, payload claims, signed string, signature []byte) {
	parts := strings.Split(text, ".")
	need(len(text) <= 32768 && len(parts) == 3, "its form")
	header, payload = parse[claims](decode(parts[0])), parse[claims](decode(parts[1]))
	need(header.Alg == "ES256" && header.Typ == kind && header.Crit == nil, "its kind")
	return header, payload, parts[0] + "." + parts[1], decode(parts[2])
}

func signer(signed string, signature []byte) []byte { // the root key that has signed it; nil where none has
	for _, root := range rootKeys {
		if key := decode(root); isSigned(signed, signature, key) {
			return key
		}
	}
	return nil
}

// opened is what a proof says, once it is known to come from the holder of a root key.
func opened(proof, kind, app string, moment float64) claims {
	header, payload, signed, signature := open(proof, kind)
	_, certificate, certified, byRoot := open(header.Crt, "kami-certificate+jws")
	need(signer(certified, byRoot) != nil && certificate.Kid == header.Kid, "not certified by a pinned key")
	need((certificate.App == "" || certificate.App == app) && certificate.Exp > moment, "of another app, or over")
	jwk := certificate.Jwk
	key := "\x04" + string(decode(jwk.X)) + string(decode(jwk.Y))
	need(jwk.Kty == "EC" && jwk.Crv == "P-256" && isSigned(signed, signature, []byte(key)), "not by its key")
	need(payload.App == app && certificate.Iat <= payload.Iat && payload.Iat < certificate.Exp, "its app or moment")
	return payload
}

func (says claims) answers(asked fields, nonce, route string, status int) { // what was asked, and so
	for name, said := range (fields{"code": says.Code, "machine_code": says.Machine}) {
		text, isAsked := asked[name]
		need(isAsked && said == digest(nonce, text) || !isAsked && said == "", "another "+name)
	}
	need(says.Nonce == nonce && says.Route == route && says.Status == float64(status), "of another request")
}

func restore(answer, said object, nonce string) { // the texts that it has only digests of; none for no nonce
	for name, value := range answer {
		other, _ := said[name].(object)
		if inner, isObject := value.(object); isObject {
			restore(inner, other, nonce)
		} else if text, _ := value.(string); strings.HasPrefix(text, "sha256:") {
			told, isText := said[name].(string)
			need(nonce == "" || isText && text == "sha256:"+digest(nonce, told), "another text")
			answer[name] = said[name]
		}
	}
}

// check is what is proven of an answer to what was asked.
func check(said object, what string, asked fields, body string, status int, moment float64) claims {
	proof, _ := said["proof"].(string)
	says := opened(proof, "kami-proof+jws", asked["app"], moment)
	says.answers(asked, asked["nonce"], "POST /api/"+what, status)
	need(says.Request == digest(says.Nonce, body) && says.Device == asked["device"], "of another request or device")
	restore(says.Answer, said, says.Nonce)
	return says
}
