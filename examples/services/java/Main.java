import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A day in the life of a Vault client, driven from outside: {@code java Main.java}, with JDK 17 or
 * later and nothing else.
 *
 * <p>EMULATOR_URL says where the emulator listens, AUTH_EMULATOR_ADMIN_TOKEN is what lets one drive
 * it. Exits with 0 when all held, else with 1 and one line that says what did not.
 */
public class Main {
  static final String REALM = "walk-in-java";
  static final String BUSY_ONCE =
      """
      {"vendor": "vault", "operation": "refresh", "times": 1,
       "respond": {"status": 503, "headers": {"Retry-After": "1"}}}
      """;
  static final String EXPECTED =
      """
      {"where": {"vendor": "vault", "operation": "%s"}, "count": %d}
      """;

  /** Does it all in a realm of its own, which nobody else sees. */
  static void walk(String url, String adminToken) throws Exception {
    new Control(url, adminToken).ask("PUT", "realms/" + REALM, Json.object(Map.of("ttl", "10m")));
    var realm = url + "/realms/" + REALM;
    var control = new Control(realm, adminToken);
    System.out.println("works in " + realm);

    var vault = new VaultClient(realm, "alice@example.com", "A9#bL8@z");
    var first = vault.accessToken();
    signInToOmniOmni(realm);
    signInToNbcGate(realm);
    System.out.println("signed in to Vault, OmniOmni and NBC Gate");

    // Before the clock moves: the verifier goes by the clock of this machine.
    var verifier = new Verifier(realm + "/_emulator/vault/.well-known/jwks.json");
    System.out.println("verified: a token of " + verifier.subject(first));

    control.ask("PUT", "clock", Json.object(Map.of("advance", "25h")));
    System.out.println("25 hours later: " + refusal(realm, first));

    control.ask("POST", "faults", BUSY_ONCE);
    vault.accounts();
    control.ask("POST", "journal/verify", EXPECTED.formatted("refresh", 2));
    control.ask("POST", "journal/verify", EXPECTED.formatted("sign_in", 1));
    System.out.println("refreshed, at the second attempt, without the password");
  }

  /** OmniOmni knows a client by its id alone. */
  static String signInToOmniOmni(String url) throws Exception {
    var body = Json.object(Map.of("clientId", "demo-client"));
    var answer = Http.post(url + "/omni-omni/v1/auth/client-token", body);
    return Json.member(Http.granted(answer), "accessToken");
  }

  /** NBC Gate's path begins with two slashes, and its answer is a bare JSON string. */
  static String signInToNbcGate(String url) throws Exception {
    var body = Json.object(Map.of("email", "alice@example.com", "password", "correct-horse"));
    return Http.granted(Http.post(url + "//auth/sign-in", body)).replace("\"", "");
  }

  /** Why the emulator refuses a token. */
  static String refusal(String url, String token) throws Exception {
    var answer = Http.get(url + "/accounts", token);
    if (answer.statusCode() != 401) {
      throw new Unexpected("a token of yesterday was answered with " + answer.statusCode());
    }
    return Http.reason(answer);
  }

  public static void main(String[] arguments) throws Exception {
    var url = env("EMULATOR_URL", "http://127.0.0.1:8080").replaceAll("/+$", "");
    try {
      walk(url, env("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests"));
      return;
    } catch (Unexpected error) {
      System.err.println(error.getMessage());
    } catch (IllegalArgumentException error) { // its message may hold the token
      System.err.println("EMULATOR_URL is not a base URL, or AUTH_EMULATOR_ADMIN_TOKEN no token");
    } catch (GeneralSecurityException error) {
      System.err.println("the token does not verify: " + error.getMessage());
    } catch (IOException error) {
      var told = "no emulator responds at %s: %s; start one, or set EMULATOR_URL";
      System.err.println(told.formatted(url, error));
    }
    System.exit(1);
  }

  static String env(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }
}

/** The API that drives the emulator, or a realm of it. */
record Control(String url, String adminToken) {
  void ask(String method, String path, String body) throws Exception {
    Http.granted(Http.send(method, url + "/_emulator/" + path, adminToken, body));
  }
}

/** Signs in at the first call, and renews its token when Vault refuses it. */
class VaultClient {
  private static final String CLIENT_ID = "haequi3Aah8lie2r";

  private final String url;
  private final String username;
  private final String password;
  private String pair; // Vault's answer: both tokens, and what belongs to them

  VaultClient(String url, String username, String password) {
    this.url = url;
    this.username = username;
    this.password = password;
  }

  /** The token that it has, or that a sign-in gives it. */
  String accessToken() throws Exception {
    if (pair == null) {
      signIn();
    }
    return Json.member(pair, "access_token");
  }

  /** The user's accounts, as JSON. */
  String accounts() throws Exception {
    var answer = Http.get(url + "/accounts", accessToken());
    if (answer.statusCode() == 401) {
      renew();
      answer = Http.get(url + "/accounts", accessToken());
    }
    return Http.granted(answer);
  }

  private void signIn() throws Exception {
    var grant = Map.of("grant_type", "password", "username", username, "password", password);
    pair = Http.granted(ask(grant));
  }

  /** Gets a new pair for the refresh token, or for the password where that one is refused. */
  private void renew() throws Exception {
    var refreshToken = Json.member(pair, "refresh_token");
    var answer = ask(Map.of("grant_type", "refresh_token", "refresh_token", refreshToken));
    if (answer.statusCode() == 401) {
      signIn();
    } else {
      pair = Http.granted(answer);
    }
  }

  /** Asks for tokens, and again after a pause while Vault is busy. */
  private HttpResponse<String> ask(Map<String, String> grant) throws Exception {
    var body = new HashMap<>(grant);
    body.put("client_id", CLIENT_ID);
    for (var attempts = 3; ; attempts--) {
      var answer = Http.post(url + "/reg/auth/token", Json.object(body));
      var busy = answer.statusCode() == 429 || answer.statusCode() == 503;
      if (!busy || attempts == 1) {
        return answer;
      }
      var pause = answer.headers().firstValue("Retry-After").orElse("1"); // HTTP allows a date too
      Thread.sleep(1000 * Long.parseLong(pause));
    }
  }
}

/** Checks the tokens that callers bring, by the keys that Vault publishes. */
record Verifier(String jwksUrl) {
  /** Whose token it is; GeneralSecurityException where it is not good. */
  String subject(String token) throws Exception {
    var parts = token.split("\\.");
    var header = decoded(parts[0]);
    if (parts.length != 3 || !Json.member(header, "alg").equals("RS256")) {
      throw new GeneralSecurityException("it is not a JWT, or not signed with RS256");
    }
    var signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(key(Json.member(header, "kid")));
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    if (!signature.verify(bytes(parts[2]))) {
      throw new GeneralSecurityException("its signature does not verify with the key that it names");
    }
    var claims = decoded(parts[1]);
    var expires = Instant.ofEpochSecond(Long.parseLong(Json.member(claims, "exp")));
    if (!Json.member(claims, "iss").equals("https://vault.emulator.test")
        || !Json.member(claims, "aud").equals("vault-api")
        || expires.isBefore(Instant.now())) {
      throw new GeneralSecurityException("it is not by Vault, not for vault-api, or has expired");
    }
    return Json.member(claims, "sub");
  }

  /** The RSA key of this id: RFC 7517, with modulus and exponent as in RFC 7518, section 6.3. */
  private PublicKey key(String id) throws Exception {
    var key =
        Json.objectWith(Http.granted(Http.get(jwksUrl, "")), "kid", id)
            .orElseThrow(() -> new GeneralSecurityException("Vault publishes no key " + id));
    var modulus = new BigInteger(1, bytes(Json.member(key, "n")));
    var exponent = new BigInteger(1, bytes(Json.member(key, "e")));
    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
  }

  private static String decoded(String part) {
    return new String(bytes(part), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String base64) {
    return Base64.getUrlDecoder().decode(base64);
  }
}

/** JSON over the JDK's own client. */
class Http {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  static HttpResponse<String> get(String url, String token) throws Exception {
    return send("GET", url, token, "");
  }

  static HttpResponse<String> post(String url, String body) throws Exception {
    return send("POST", url, "", body);
  }

  /** Sends a body of JSON; an empty token is not sent. */
  static HttpResponse<String> send(String method, String url, String token, String body)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  /** The body of a good answer; for any other Unexpected with the emulator's reason. */
  static String granted(HttpResponse<String> answer) throws Unexpected {
    if (answer.statusCode() / 100 == 2) {
      return answer.body();
    }
    var path = answer.uri().getPath();
    throw new Unexpected("%s: %d, %s".formatted(path, answer.statusCode(), reason(answer)));
  }

  static String reason(HttpResponse<String> answer) {
    return answer.headers().firstValue("X-Emulator-Reason").orElse("no reason given");
  }
}

/**
 * As much JSON as this walk meets, as the JDK has none: flat objects, whose members are numbers or
 * texts without quotes and commas. A service has a library for it.
 */
class Json {
  static String object(Map<String, String> members) {
    return members.entrySet().stream()
        .map(member -> "\"%s\": \"%s\"".formatted(member.getKey(), member.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** The text or number that a member of this name has. */
  static String member(String json, String name) throws Unexpected {
    return found(json, "\"%s\"\\s*:\\s*\"?([^\",}]+)".formatted(name))
        .orElseThrow(() -> new Unexpected("an answer has no " + name));
  }

  /** The object that has this member. */
  static Optional<String> objectWith(String json, String name, String text) {
    var member = "\"%s\"\\s*:\\s*\"%s\"".formatted(name, Pattern.quote(text));
    return found(json, "(\\{[^{}]*" + member + "[^{}]*})");
  }

  private static Optional<String> found(String json, String pattern) {
    return Pattern.compile(pattern).matcher(json).results().map(it -> it.group(1)).findFirst();
  }
}

/** What was not as it should be, in one line. */
class Unexpected extends Exception {
  Unexpected(String message) {
    super(message);
  }
}
