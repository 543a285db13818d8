// What kami signs: goes beside Kami.cs.
using System; using System.Collections.Generic; using System.IO; using System.Linq;
using System.Runtime.Serialization.Json; using System.Text; using System.Text.RegularExpressions; using System.Xml;

// request: the body; device: the thumbprint of the key that signed it; null: it has none
public class Asked { public string app, route, nonce, code, machine, request, device; }
// The answer to act upon, when it was made and until when it is good; whether a lease comes with it, or one goes.
public class Proven {
    public string json, proof;
    public long at, until;
    public long? sequence; // of the device, that is told with an admission
    public bool offline, givesUp;
}
public static class KamiProof {
    const string Licence = "kami-licence+jws";
    static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);
    public static void Need(bool fact, string what) { if (!fact) throw new FormatException("no proof: " + what); }
    public static string Encode(byte[] data) =>
        Convert.ToBase64String(data).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    public static byte[] Decode(string text) { // the one way to write it, and no other
        var padding = "===".Substring((text.Length + 3) % 4);
        var data = Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + padding);
        Need(Encode(data) == text, "base64");
        return data;
    }
    public static string Nonce() => Encode(P256.Random());
    public static string Digest(string nonce, string text) =>
        text == null ? null : Encode(P256.Sha(Utf8.GetBytes(nonce + ":" + text)));
    // The key 04, x, y as a public JWK, its members in the order for its thumbprint; with d, as a private one.
    public static string Jwk(byte[] key, byte[] d = null) {
        string x = Encode(key.Skip(1).Take(32).ToArray()), y = Encode(key.Skip(33).ToArray());
        var secret = d == null ? "" : $"\"d\":\"{Encode(d)}\",";
        return $"{{\"crv\":\"P-256\",{secret}\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}";
    }
    public static string Thumbprint(byte[] key) => Encode(P256.Sha(Utf8.GetBytes(Jwk(key))));
    static string Name(XmlNode member) => member.Attributes["item"]?.Value ?? member.LocalName;
    static IEnumerable<XmlNode> In(XmlNode found) => found.ChildNodes.Cast<XmlNode>();
    static XmlNode Get(XmlNode found, string name) => In(found).FirstOrDefault(member => Name(member) == name);
    public static string Text(XmlNode found, string name) { // null: there is none
        var member = Get(found, name);
        Need(member == null || member.Attributes["type"]?.Value == "string", name);
        return member?.InnerText;
    }
    public static long Number(XmlNode found, string name) => long.Parse(Get(found, name).InnerText);
    public static XmlNode Parse(byte[] json) { // JSON as XML: see JsonReaderWriterFactory
        var document = new XmlDocument();
        Utf8.GetString(json);
        document.Load(JsonReaderWriterFactory.CreateJsonReader(json, XmlDictionaryReaderQuotas.Max));
        foreach (XmlNode found in document.SelectNodes("//*[@type='object']"))
            Need(In(found).Select(Name).Distinct().Count() == found.ChildNodes.Count, "a member twice");
        Need(document.DocumentElement.GetAttribute("type") == "object", "no object");
        return document.DocumentElement;
    }
    public static byte[][] Jws(string text, string kind) { // header, payload, what is signed, signature
        Need(text != null && text.Length <= 32768, "its length");
        var parts = text.Split('.');
        var header = Parse(Decode(parts[0]));
        Need(parts.Length == 3 && Text(header, "alg") == "ES256" && Text(header, "typ") == kind, "another kind");
        Need(Get(header, "crit") == null, "what it needs");
        return new[] { Decode(parts[0]), Decode(parts[1]), Utf8.GetBytes(parts[0] + "." + parts[1]), Decode(parts[2]) };
    }
    // What it says, once it is known to come from a root key's holder.
    static XmlNode Opened(string text, string kind, string[] roots, string app, long moment) {
        var jws = Jws(text, kind);
        XmlNode header = Parse(jws[0]), payload = Parse(jws[1]);
        Need(Text(payload, "app") == app, "another app");
        if (kind == Licence && Get(header, "crt") == null) {
            var signers = roots.Select(Decode).Where(root => Thumbprint(root) == Text(header, "kid"));
            Need(signers.Any(root => P256.IsSigned(jws[2], jws[3], root)), "not by a pinned key");
            return payload;
        }
        var by = Jws(Text(header, "crt"), "kami-certificate+jws");
        var certificate = Parse(by[1]);
        Need(roots.Any(root => P256.IsSigned(by[2], by[3], Decode(root))), "not by a pinned key");
        Need(Get(certificate, "app") == null || Text(certificate, "app") == app, "the certificate is another app's");
        var kid = Text(certificate, "kid");
        Need(kid != null && kid == Text(header, "kid"), "another certificate");
        Need(Number(certificate, "exp") > moment, "the certificate is over");
        var jwk = Get(certificate, "jwk");
        Need(Text(jwk, "kty") == "EC" && Text(jwk, "crv") == "P-256", "another kind of key");
        var key = new byte[] { 4 }.Concat(Decode(Text(jwk, "x"))).Concat(Decode(Text(jwk, "y")));
        Need(P256.IsSigned(jws[2], jws[3], key.ToArray()), "not by its key");
        var at = Number(payload, "iat");
        Need(Number(certificate, "iat") <= at && at < Number(certificate, "exp"), "its moment");
        return payload;
    }
    // Puts the texts in that it has only digests of; where nobody says them, they go.
    static void Restore(XmlNode answer, XmlNode said, string nonce) {
        foreach (var member in In(answer).Where(member => member.NodeType == XmlNodeType.Element).ToArray()) {
            var other = said == null ? null : Get(said, Name(member));
            if (member.Attributes["type"].Value != "string") Restore(member, other, nonce);
            if (!member.InnerText.StartsWith("sha256:") || member.Attributes["type"].Value != "string") continue;
            Need(nonce == null || member.InnerText == "sha256:" + Digest(nonce, other?.InnerText), "another text");
            if (nonce == null) answer.RemoveChild(member); else member.InnerText = other.InnerText;
        }
    }
    static Proven Answer(XmlNode payload, XmlNode said, string nonce, string until) {
        var answer = Get(payload, "answer");
        Restore(answer, said, nonce);
        var document = new XmlDocument();
        document.LoadXml("<root type='object'/>");
        foreach (XmlNode member in answer) document.DocumentElement.AppendChild(document.ImportNode(member, true));
        using (var json = new MemoryStream()) {
            using (var writer = JsonReaderWriterFactory.CreateJsonWriter(json)) document.WriteTo(writer);
            var sequence = Get(answer, "device_sequence");
            var isNumber = sequence?.Attributes["type"].Value == "number";
            return new Proven { json = Utf8.GetString(json.ToArray()), at = Number(payload, "iat"),
                until = Get(payload, until) == null ? long.MaxValue : Number(payload, until),
                sequence = isNumber ? (long?)long.Parse(sequence.InnerText) : null,
                proof = said == null ? null : Text(said, "proof"),
                givesUp = (Get(answer, "unbound") ?? Get(answer, "released"))?.InnerText == "true",
                offline = Get(payload, "offline_until") != null && Number(payload, "status") == 200 };
        }
    }
    public static Proven Check(string[] roots, Asked asked, int status, string body, long moment) { // of an answer
        var said = Parse(Utf8.GetBytes(body));
        var payload = Opened(Text(said, "proof"), "kami-proof+jws", roots, asked.app, moment);
        Need(Text(payload, "nonce") == asked.nonce && Text(payload, "route") == asked.route, "of another request");
        Need(Text(payload, "code") == Digest(asked.nonce, asked.code), "another code");
        Need(Text(payload, "machine") == Digest(asked.nonce, asked.machine), "another machine");
        Need(Text(payload, "request") == Digest(asked.nonce, asked.request), "another request");
        Need(Number(payload, "status") == status, "another status");
        Need(Text(payload, "device") == asked.device, "another device");
        return Answer(payload, said, asked.nonce, "exp");
    }
    // Of a kept lease, and of a licence in the text of a file, where they let start.
    public static Proven CheckLease(string[] roots, string proof, Asked by, long clock, long latest) {
        var payload = Opened(proof, "kami-proof+jws", roots, by.app, Math.Max(clock, latest));
        Need(Text(payload, "route") == "POST /api/validate" && Number(payload, "status") == 200, "no admission");
        Need(Get(payload, "offline_until") != null, "no lease");
        return Begun(payload, by, "offline_until", clock, latest);
    }
    public static Proven CheckLicence(string[] roots, string file, Asked by, long clock, long latest) {
        const string Form = "-----BEGIN KAMI LICENCE-----(.*?)-----END KAMI LICENCE-----";
        var found = Regex.Match(file, Form, RegexOptions.Singleline);
        var text = Regex.Replace(found.Groups[1].Value, "[ \t\r\n]", "");
        return Begun(Opened(text, Licence, roots, by.app, Math.Max(clock, latest)), by, "exp", clock, latest);
    }
    static Proven Begun(XmlNode payload, Asked by, string until, long clock, long latest) {
        Need(Text(Get(payload, "answer"), "status") == "success", "a refusal");
        Need(Text(payload, "code") == Digest(Text(payload, "nonce"), by.code), "another code");
        Need(Text(payload, "machine") == Digest(Text(payload, "nonce"), by.machine), "another machine");
        Need(Get(payload, "device") == null || Text(payload, "device") == by.device, "another device");
        Need(clock >= Math.Max(latest, Number(payload, "iat")) - 300, "the clock was turned back");
        var said = Answer(payload, null, null, until);
        Need(said.until > Math.Max(clock, latest), "it is over");
        return said;
    }
}
