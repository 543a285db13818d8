// kami in C# 6+ (.NET, .NET Framework 4.6+, mono), no packages. Paste it in and await Kami.Validate(code) and the like.
// Command: mcs -r:System.Net.Http,System.Numerics,System.Runtime.Serialization,System.Xml *.cs && mono Kami.exe CODE
using System; using System.Collections.Generic; using System.Diagnostics; using System.IO; using System.Linq;
using System.Net.Http; using System.Runtime.Serialization.Json; using System.Security.Cryptography; using System.Text;
using System.Text.RegularExpressions; using System.Threading; using System.Threading.Tasks;

public enum Outcome { Granted, Refused, Outage } // done, as message says; final; nobody could tell
// What the server says, as far as it does: see openapi.yaml. No expire_at: for ever. app: what your app in kami says.
// url: where to get a newer version than one that is refused.
public class Answer {
    public string status, reason, message, expire_at, url, code, lease_until, renew_after;
    public Told app;
    public Outcome outcome;
    public long? points, remaining_unbinds;
    public bool unbound, released;
    public double lasts, askAfter; // for how many seconds a program may rely on it, and after how many to ask again
    public Cost cost;
}
public class Cost { public long? seconds, points; }
public class Told { public string latest, minimum, url, notice; public Dictionary<string, string> values; }
public static partial class Kami {
    const string App = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
    const string Product = "default"; // the app in kami that your cards are of
    const string Version = "1.0.0"; // of your app: kami may tell of a newer one, or want one
    const string Server = "http://127.0.0.1:5000"; // yours, with https
    const double Wait = 1, Timeout = 10; // seconds
    // What `kami keys pin` prints; with none, whoever the address leads to is believed.
    static readonly string[] RootKeys = { };
    static readonly HttpClient Http = new HttpClient();
    static readonly string Folder = Path.Combine(Environment.GetFolderPath(
        Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), App);
    static readonly Trust Trust =
        RootKeys.Length > 0 ? new Trust(RootKeys, Product, Folder) : null;

    static string Json(string s) => '"' + Regex.Replace(s, @"[""\\\x00-\x1f]", c => $"\\u{(int)c.Value[0]:x4}") + '"';
    static string Span(double seconds) { // for people, rounded up: "90 min"
        var size = seconds >= 172800 ? 86400 : seconds >= 7200 ? 3600 : seconds >= 120 ? 60 : 1;
        return Math.Ceiling(seconds / size) + (size == 86400 ? " d" : size == 3600 ? " h" : size == 60 ? " min" : " s");
    }
    static Answer Read(string json) => (Answer)new DataContractJsonSerializer(typeof(Answer),
        new DataContractJsonSerializerSettings { UseSimpleDictionaryFormat = true })
        .ReadObject(new MemoryStream(Encoding.UTF8.GetBytes(json))); // a captive portal's page throws
    static async Task<Answer> Ask(string what, string code, string rest, int tries = 4, bool again = false) {
        var why = "";
        for (var attempt = 0; attempt < tries; attempt++) {
            double asked = 0; why = "";
            try {
                var question = new Asked { route = "POST /api/" + what, code = code, machine = MachineCode() };
                question.nonce = Trust == null ? null : KamiProof.Nonce();
                question.request = $"{{\"machine_code\":{Json(question.machine)},\"app\":{Json(Product)}"
                    + (code == null ? "" : $",\"code\":{Json(code)}") + rest
                    + (Trust == null ? "" : $",\"nonce\":{Json(question.nonce)}") + "}";
                var content = new StringContent(question.request, Encoding.UTF8, "application/json");
                var message = new HttpRequestMessage(HttpMethod.Post, Server.TrimEnd('/') + "/api/" + what);
                message.Content = content;
                var signature = Trust?.Sign(question);
                if (signature != null) message.Headers.Add("Kami-Device", signature);
                var patience = new CancellationTokenSource(TimeSpan.FromSeconds(what == "release" ? 2 : Timeout));
                var reply = await Http.SendAsync(message, patience.Token).ConfigureAwait(false);
                var status = (int)reply.StatusCode;
                why = "HTTP " + status;
                asked = reply.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
                var body = await reply.Content.ReadAsStringAsync().ConfigureAwait(false);
                double at = Clock(), until = at + 3600;
                if (Trust != null) {
                    why += ", no proof";
                    var proven = Trust.Answer(question, status, body);
                    body = proven.json; at = proven.at; until = proven.until; why = "HTTP " + status;
                }
                var answer = Read(body);
                answer.outcome = Outcome.Refused;
                if (status == 200 && answer.status == "success") return Granted(answer, at, until);
                if (status / 100 == 4 && answer.status == "error") {
                    why = answer.message += asked > 0 ? $" ({Span(asked)})" : "";
                    if (question.device != null && answer.reason == "signature_expired" && !again) // now it knows when
                        return await Ask(what, code, rest, tries, true).ConfigureAwait(false);
                    if (status != 408 && status != 429) return answer;
                }
            } catch (Exception error) { // whatever it was, nobody said yes or no
                if (why == "") why = (error.InnerException ?? error).Message;
            }
            var pause = Math.Max(Wait * Math.Pow(2, attempt), Math.Min(asked, Wait * 10)); // the server's wish, capped
            pause *= 1 + new Random().NextDouble() / 2; // jitter spreads a crowd out
            if (attempt + 1 < tries) await Task.Delay(TimeSpan.FromSeconds(pause)).ConfigureAwait(false);
        }
        return new Answer { outcome = Outcome.Outage, message = $"no usable answer from the licence server: {why}" };
    }
    public static async Task<Answer> Validate(string code) {
        var answer = await Ask("validate", code, $",\"version\":{Json(Version)}").ConfigureAwait(false);
        if (answer.outcome == Outcome.Outage && Trust != null) try {
            var kept = Trust.Start(code, MachineCode());
            var start = Read(kept.json);
            start.renew_after = null; // that is long gone
            return Granted(start, kept.at, kept.until);
        } catch (Exception) { } // it keeps no lease and no licence, or none that lets it start now
        return answer;
    }
    // For a machine that is never online: keeps the licence of this file.
    public static Answer Licence(string path, string code) {
        try {
            var kept = Trust.Install(path, code, MachineCode());
            return Granted(Read(kept.json), kept.at, kept.until);
        } catch (Exception) {
            return new Answer { outcome = Outcome.Refused, message = "no licence of this card for this machine" };
        }
    }
    // For another machine. Three tries are within the minute in which none pays twice.
    public static async Task<Answer> Unbind(string code) {
        var answer = await Ask("unbind", code, "", 3).ConfigureAwait(false);
        if (answer.outcome != Outcome.Granted) return answer;
        answer.message = answer.unbound ? "unbound" : "nothing left to unbind";
        if (answer.remaining_unbinds != null) answer.message += $", {answer.remaining_unbinds} more within 30 days";
        if (answer.cost?.seconds != null) answer.message += $", paid {Span(answer.cost.seconds.Value)}";
        if (answer.cost?.points != null) answer.message += $", paid {answer.cost.points} points";
        return answer;
    }
    public static async Task<Answer> Trial() { // one for each machine; keep the code, and validate that from then on
        var answer = await Ask("trial", null, $",\"version\":{Json(Version)}").ConfigureAwait(false);
        if (answer.outcome == Outcome.Granted) answer.message = answer.code;
        return answer;
    }
    public static async Task<Answer> Recharge(string code, string burnt) { // what that one has is added, and it is gone
        var answer = await Ask("recharge", code, $",\"with\":{Json(burnt)}").ConfigureAwait(false);
        if (answer.outcome == Outcome.Granted) answer.message = "topped up";
        return answer;
    }
    public static void Main(string[] args) { // as a command
        Console.OutputEncoding = new UTF8Encoding(false);
        var what = args.FirstOrDefault();
        Func<int, string> from = skipped => string.Join(" ", args.Skip(skipped));
        var answer = (what == "--unbind" ? Unbind(from(1)) : what == "--trial" ? Trial()
            : what == "--release" ? Release(from(1)) : what == "--watch" ? Watch(from(1), Validate(from(1)).Result)
            : what == "--licence" ? Task.FromResult(Licence(args.ElementAtOrDefault(1) ?? "", from(2)))
            : what == "--recharge" ? Recharge(args.ElementAtOrDefault(1) ?? "", from(2)) : Validate(from(0))).Result;
        var has = string.Join(", ", new[] { answer.expire_at,
            answer.points == null ? null : $"{answer.points} points" }.Where(part => part != null));
        var parts = new[] { answer.message, has == "" ? null : $"({has})", answer.url, answer.app?.notice };
        var line = string.Join(" ", parts.Where(part => part != null));
        Console.WriteLine(Regex.Replace(line, @"[\s\p{Cc}]+", " ")); // no Cc: terminals obey it
        for (int idle = 0, most = 1, io; idle < most; Thread.Yield()) { // mono hangs if its pool is at work at the end
            ThreadPool.GetMaxThreads(out most, out io);
            ThreadPool.GetAvailableThreads(out idle, out io);
        }
        Environment.Exit((int)answer.outcome); // by return it hangs now and then even so
    }
}
