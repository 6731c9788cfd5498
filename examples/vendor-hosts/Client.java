// The same for Java 17, with its own HttpClient and nothing else: java Client.java

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

class Client {
    public static void main(String[] arguments) throws Exception {
        var http = HttpClient.newHttpClient();
        var asked = new String[][] {
            {"OmniOmni", "https://backend.sandbox.ecrop.de/ecrop-command/omni-omni/v1/auth/client-token",
                "{\"clientId\": \"demo-client\"}"},
            {"NBC Gate", "https://api.client.nbcgate.tech//auth/sign-in",
                "{\"email\": \"alice@example.com\", \"password\": \"correct-horse\"}"},
            {"Vault", "https://api.sandbox-v2.vault.ist/reg/auth/token",
                "{\"grant_type\": \"password\", \"client_id\": \"haequi3Aah8lie2r\","
                    + " \"username\": \"alice@example.com\", \"password\": \"A9#bL8@z\"}"},
        };
        for (var one : asked) {
            var request = HttpRequest.newBuilder(URI.create(one[1]))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(one[2]))
                .build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(one[0] + ": " + answer.statusCode());
            }
            System.out.println(one[0] + ": " + answer.version());
        }
    }
}
