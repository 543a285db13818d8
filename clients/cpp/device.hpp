// The files of this device, and its key, which signs requests: goes beside kami.hpp. Hardware keeps a key better: on
// Windows one of NCryptCreatePersistedKey with MS_PLATFORM_CRYPTO_PROVIDER, on a Mac or iPhone of SecKeyCreateRandomKey
// with kSecAttrTokenIDSecureEnclave.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "proof.hpp"

#include <openssl/ec.h>

namespace kami {
namespace fs = std::filesystem;

inline fs::path file(const string& name) { // in the folder of your app
    for (const auto folder : {"APPDATA", "XDG_CONFIG_HOME"})
        if (const auto config = std::getenv(folder); config && *config) return fs::path(config) / APP / name;
    const auto home = std::getenv("HOME");
    need(home, "no home folder");
    return fs::path(home) / ".config" / APP / name;
}

inline string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

inline void write(const string& name, const string& text, bool replaces = true) { // for nobody else, and at once
    const auto half = file(name + "." + encode(random(9)));
    fs::create_directories(half.parent_path());
    std::ofstream out(half);
    fs::permissions(half, fs::perms::owner_read | fs::perms::owner_write);
    need(bool(out << text << std::flush), "cannot write " + half.string());
    out.close();
    if (replaces) return fs::rename(half, file(name));
    std::error_code other;
    fs::create_hard_link(half, file(name), other); // who was first wins
    fs::remove(half);
}

inline string system_id() { // of systems without the files
    string said;
#if defined(_WIN32)
    const auto from = _popen("reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64", "r");
    const auto close = _pclose;
#elif defined(__APPLE__)
    const auto from = popen("ioreg -rd1 -c IOPlatformExpertDevice", "r");
    const auto close = pclose;
#else
    const auto from = static_cast<FILE*>(nullptr);
    const auto close = std::fclose;
#endif
    for (int one; from && (one = std::fgetc(from)) != EOF;) said += char(one);
    if (from) close(from);
    return said;
}

inline string hex(const string& data) {
    string text;
    for (const unsigned char byte : data) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15];
    return text;
}

inline string machine_code() { // the same at every start, another on every machine; hashed, so it tells no more
    static const std::regex id("(?:^|REG_SZ +|\"IOPlatformUUID\" = \")([0-9A-Fa-f-]{32,36})\\b");
    const auto own = read(file("machine-id"));
    for (const auto& text : {read("/etc/machine-id"), read("/var/lib/dbus/machine-id"), system_id(), own})
        if (std::smatch found; std::regex_search(text, found, id)) return hex(hash(APP + ":" + found[1].str()));
    write("machine-id", hex(random(16))); // a container, perhaps: make an id once and keep it
    return machine_code();
}

class Device {
    std::shared_ptr<EVP_PKEY> key;
    string point; // 04, x, y

    static const string& before() { static const auto der = decode("MHcCAQEEIA"); return der; } // as in RFC 5915: d,
    static const string& between() { static const auto der = decode("oAoGCCqGSM49AwEHoUQDQgAE"); return der; } // x, y

    static void make() {
        const std::shared_ptr<EVP_PKEY_CTX> maker(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), EVP_PKEY_CTX_free);
        EVP_PKEY* made = nullptr;
        need(EVP_PKEY_keygen_init(maker.get()) == 1 &&
             EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker.get(), NID_X9_62_prime256v1) == 1 &&
             EVP_PKEY_keygen(maker.get(), &made) == 1, "no key");
        const std::shared_ptr<EVP_PKEY> key(made, EVP_PKEY_free);
        string der(before().size() + 32 + between().size() + 64, '\0');
        auto to = bytes(der);
        need(i2d_PrivateKey(made, nullptr) == int(der.size()) && i2d_PrivateKey(made, &to) > 0, "another form of key");
        auto jwk = public_jwk(der.substr(der.size() - 65));
        jwk["d"] = encode(der.substr(before().size(), 32));
        write("device.json", jwk.dump(), false);
    }

public:
    static json public_jwk(const string& point) { // written as RFC 7638 has it
        return {{"crv", "P-256"}, {"kty", "EC"}, {"x", encode(point.substr(1, 32))}, {"y", encode(point.substr(33))}};
    }
    static string thumbprint(const string& point) { return encode(hash(public_jwk(point).dump())); }
    string thumbprint() const { return thumbprint(point); }

    explicit Device(const json& own) : point("\x04" + decode(own.at("x")) + decode(own.at("y"))) {
        const auto d = decode(own.at("d"));
        const auto jwk = public_jwk(point);
        for (const auto& [name, value] : jwk.items()) need(own.at(name) == value, "another kind of key");
        need(point.size() == 65 && d.size() == 32, "another kind of key");
        const auto der = before() + d + between() + point.substr(1);
        const unsigned char* from = bytes(der);
        key.reset(d2i_AutoPrivateKey(nullptr, &from, long(der.size())), EVP_PKEY_free);
        const std::shared_ptr<EVP_PKEY_CTX> checker(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
        need(key && EVP_PKEY_check(checker.get()) == 1, "no key");
    }
    // That of device.json, which is made once and never replaced; none without root keys, or a place for it.
    static std::optional<Device> own() {
        try {
            if (ROOT_KEYS.empty()) return {};
            if (fs::symlink_status(file("device.json")).type() == fs::file_type::not_found) make();
            return Device(parse(read(file("device.json"))));
        } catch (const std::exception&) {
            return {}; // the server says whether it wants one
        }
    }
    // What the header Kami-Device says of a request.
    string sign(const string& route, const string& nonce, const string& body, std::int64_t at,
                std::int64_t sequence) const {
        const json header = {{"alg", "ES256"}, {"typ", "kami-device+jws"}, {"jwk", public_jwk(point)}};
        const json says = {{"iat", at}, {"nonce", nonce}, {"route", route}, {"request", digest(nonce, body)},
                           {"sequence", sequence}};
        const auto content = encode(header.dump()) + "." + encode(says.dump());
        const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        unsigned char der[80];
        const unsigned char* from = der;
        auto size = sizeof der;
        need(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
             EVP_DigestSign(context.get(), der, &size, bytes(content), content.size()) == 1, "no signature");
        const std::shared_ptr<ECDSA_SIG> both(d2i_ECDSA_SIG(nullptr, &from, long(size)), ECDSA_SIG_free);
        string rs(64, '\0');
        need(both && BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), bytes(rs), 32) == 32 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), bytes(rs) + 32, 32) == 32, "no signature");
        return content + "." + encode(rs);
    }
};
} // namespace kami
