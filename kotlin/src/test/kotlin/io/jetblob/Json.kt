package io.jetblob

import java.nio.file.Path
import kotlin.io.path.readText
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.longOrNull

/** Maps, lists, texts, numbers (`Long` or `Double`), `Boolean` and `null`. */
fun json(path: Path): Map<*, *> = plain(Json.parseToJsonElement(path.readText())) as Map<*, *>

private fun plain(element: JsonElement): Any? = when (element) {
    is JsonNull -> null
    is JsonObject -> element.mapValues { plain(it.value) }
    is JsonArray -> element.map(::plain)
    is JsonPrimitive ->
        if (element.isString) element.content else element.booleanOrNull ?: element.longOrNull ?: element.doubleOrNull
}
