// Proofs of what kami answers: goes beside kami.hpp.
#pragma once
#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

namespace kami {
using nlohmann::json;
using std::string;
using Bytes = unsigned char*;
using Roots = std::vector<string>;

inline void need(bool fact, const string& what) {
    if (!fact) throw std::runtime_error(what);
}
inline Bytes bytes(const string& text) { return Bytes(text.data()); }
inline string random(int size) {
    string random(size, '\0');
    need(RAND_bytes(bytes(random), size) == 1, "no random numbers");
    return random;
}
inline string hash(const string& text) {
    string hash(SHA256_DIGEST_LENGTH, '\0');
    SHA256(bytes(text), text.size(), bytes(hash));
    return hash;
}
inline string swapped(string text, const string& from, const string& to) {
    for (auto& one : text)
        if (const auto at = from.find(one); at != string::npos) one = to[at];
    return text;
}
inline string encode(const string& data) {
    string text(data.size() / 3 * 4 + 5, '\0');
    text.resize(EVP_EncodeBlock(bytes(text), bytes(data), int(data.size())));
    return swapped(text.substr(0, text.find('=')), "+/", "-_");
}
inline string decode(const string& text) { // the one way to write it, and no other
    const auto padding = (4 - text.size() % 4) % 4;
    const auto padded = swapped(text, "-_", "+/") + string(padding, '=');
    string data(padded.size(), '\0');
    const auto size = EVP_DecodeBlock(bytes(data), bytes(padded), int(padded.size()));
    data.resize(std::max(0, size - int(padding)));
    need(encode(data) == text, "not proven: base64");
    return data;
}
inline string digest(const string& nonce, const string& text) { return encode(hash(nonce + ":" + text)); }

inline json parse(const string& text) { // strictly: nothing behind it, no member twice
    std::vector<std::set<string>> names;
    return json::parse(text, [&](int, json::parse_event_t event, json& name) {
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end) names.pop_back();
        if (event == json::parse_event_t::key) need(names.back().insert(name).second, "not proven: a member twice");
        return true;
    });
}

inline bool is_signed(const string& content, const string& signature, const string& key) { // ES256: r, s by 04, x, y
    if (key.size() != 65 || signature.size() != 64) return false;
    const auto info = decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA") + key; // as that of P-256 (RFC 5480)
    const unsigned char* from = bytes(info);
    const std::shared_ptr<EVP_PKEY> pkey(d2i_PUBKEY(nullptr, &from, long(info.size())), EVP_PKEY_free);
    const std::shared_ptr<ECDSA_SIG> both(ECDSA_SIG_new(), ECDSA_SIG_free);
    const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const auto r = bytes(signature), s = r + 32;
    ECDSA_SIG_set0(both.get(), BN_bin2bn(r, 32, nullptr), BN_bin2bn(s, 32, nullptr));
    unsigned char der[80], *end = der;
    const auto size = i2d_ECDSA_SIG(both.get(), &end);
    return pkey && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), der, size, bytes(content), content.size()) == 1;
}

struct Jws { // not yet known to be by anyone
    json header, payload;
    string content, signature;
    Jws(const string& text, const string& kind) {
        const auto first = text.find('.'), last = text.rfind('.'); // a third one is no base64
        need(text.size() <= 32768 && first < last, "not proven: its form");
        header = parse(decode(text.substr(0, first)));
        payload = parse(decode(text.substr(first + 1, last - first - 1)));
        content = text.substr(0, last), signature = decode(text.substr(last + 1));
        need(header.at("alg") == "ES256" && header.at("typ") == kind, "not proven: its kind");
        need(!header.contains("crit"), "not proven: what it needs");
    }
    bool is_by(const string& key) const { return is_signed(content, signature, key); }
    string signer(const Roots& roots) const { // the root key that did it
        for (const auto& root : roots)
            if (is_by(decode(root))) return decode(root);
        throw std::runtime_error("not proven: not by a pinned key");
    }
};

// What a proof says, once it is known to come from the holder of a root key.
inline json opened(const Roots& roots, const Jws& proof, const string& app, double moment) {
    const Jws certified(proof.header.at("crt"), "kami-certificate+jws");
    const auto &says = proof.payload, &certificate = certified.payload, &jwk = certificate.at("jwk");
    certified.signer(roots);
    need(certificate.value("app", app) == app && certificate.at("kid") == proof.header.at("kid") &&
         certificate.at("exp") > moment, "not proven: certified for another app or key, or no more");
    need(jwk.at("kty") == "EC" && jwk.at("crv") == "P-256" &&
         proof.is_by("\x04" + decode(jwk.at("x")) + decode(jwk.at("y"))), "not proven: not by its key");
    need(says.at("app") == app && certificate.at("iat") <= says.at("iat") && says.at("iat") < certificate.at("exp"),
         "not proven: its app or moment");
    return says;
}
inline void agree(const json& says, const json& asked, const string& nonce) {
    for (const auto& [mine, its] : {std::pair("code", "code"), std::pair("machine_code", "machine")})
        need(says.value(its, json()) == (asked.contains(mine) ? json(digest(nonce, asked[mine])) : json()),
             string("not proven: another ") + its);
    need(says.at("nonce") == nonce, "not proven: another request");
}
// An answer with the texts that it has only digests of; without them, where there is no nonce.
inline json restored(json answer, const json& said, const string& nonce) {
    for (auto& [name, value] : answer.items()) {
        const auto other = said.is_object() ? said.value(name, json()) : json();
        if (value.is_object()) value = restored(value, other, nonce);
        else if (value.is_string() && value.get<string>().rfind("sha256:", 0) == 0) {
            const auto is_it = [&] { return other.is_string() && value == "sha256:" + digest(nonce, other); };
            need(nonce.empty() || is_it(), "not proven: another text");
            value = other;
        }
    }
    return answer;
}
// What is proven of an answer: asked is what the body was made of, and the thumbprint of the "device" that signed it.
inline json check(const Roots& roots, const json& said, const string& route, const json& asked, const string& body,
                  long status, double moment) {
    auto says = opened(roots, Jws(said.at("proof"), "kami-proof+jws"), asked.at("app"), moment);
    agree(says, asked, asked.at("nonce"));
    need(says.at("route") == route && says.at("status") == status && says.at("request") == digest(says["nonce"], body),
         "not proven: another request");
    need(says.value("device", json()) == asked.value("device", json()), "not proven: another device");
    says["answer"] = restored(says.at("answer"), said, says["nonce"]);
    return says;
}
} // namespace kami
