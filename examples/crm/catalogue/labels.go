package catalogue

import "github.com/go-activity/activity"

// Labels are the names that people read, in one language, by the names in the program.
type Labels struct {
	Types      map[string]string
	Categories map[string]string
	Kinds      map[string]string
	Outcomes   map[string]string
	Statuses   map[activity.Status]string
	Erased     string // what is said after the label of an event that was erased
}

// English are the labels in English.
var English = english()

// Spanish are the labels in Spanish.
var Spanish = Labels{
	Types: map[string]string{
		"email.sent":           "Correo enviado",
		"email.opened":         "Correo abierto",
		"email.clicked":        "Clic en un correo",
		"email.bounced":        "Correo devuelto",
		"call.completed":       "Llamada",
		"note.added":           "Nota",
		"contact.added":        "Contacto añadido",
		"contact.archived":     "Contacto archivado",
		"contact.deleted":      "Contacto eliminado",
		"contact.invited":      "Contacto invitado",
		"contact.messaged":     "Mensaje a un contacto",
		"contact.shared":       "Contacto compartido",
		"deal.stage_changed":   "Cambio de fase",
		"deal.won":             "Venta cerrada",
		"signal.detected":      "Señal detectada",
		"enrichment.completed": "Enriquecimiento completado",
		"activity.comment":     "Comentario",
	},
	Categories: map[string]string{
		"email": "Correo", "calls": "Llamadas", "notes": "Notas", "comments": "Comentarios", "contacts": "Contactos", "deals": "Ventas",
		"signals": "Señales", "enrichment": "Enriquecimiento", "prospecting": "Prospección", "engagement": "Interacción",
	},
	Kinds: map[string]string{
		"scraping":            "Extracción",
		"search":              "Búsqueda",
		"enrichment":          "Enriquecimiento",
		"import_companies":    "Importación CSV de empresas",
		"import_contacts":     "Importación CSV de contactos",
		"export_companies":    "Exportación de empresas al CRM",
		"export_contacts":     "Exportación de contactos al CRM",
		"add_to_campaign":     "Añadir a otra campaña",
		"email":               "Correo",
		"like_last_post":      "«Me gusta» a la última publicación",
		"linkedin_invitation": "Invitación de LinkedIn",
		"linkedin_message":    "Mensaje de LinkedIn",
	},
	Outcomes: map[string]string{
		"imported": "Importado", "updated": "Actualizado", "unchanged": "Sin cambios", "created": "Creado", "error": "Error",
		"invalid_field": "Campo no válido", "missing_field": "Falta un campo obligatorio", "duplicate": "Duplicado",
		"not_associated": "No se pudo asociar la empresa", "shared_id": "Empresas con el mismo ID en el CRM",
		"create_conflict": "Empresa con conflicto al crearla",
		"found":           "Encontrado", "known": "Ya conocido",
		"enriched": "Enriquecido", "nothing_new": "Sin datos nuevos", "not_found": "No encontrado",
		"added": "Añadido", "in_campaign": "Ya en la campaña", "excluded": "Excluido",
		"sent": "Enviado", "unsubscribed": "Dado de baja", "no_address": "Sin dirección de correo",
		"liked": "Con «Me gusta»", "liked_before": "Ya tenía «Me gusta»", "no_post": "Sin publicaciones",
		"invited": "Invitado", "connected": "Ya conectado", "pending": "Ya invitado", "not_connected": "No conectado",
	},
	Statuses: map[activity.Status]string{
		activity.StatusQueued: "en cola", activity.StatusProcessing: "en curso", activity.StatusCompleted: "completada",
		activity.StatusFailed: "fallida", activity.StatusCancelled: "cancelada",
	},
	Erased: "(borrado)",
}

// english are the labels that the types and kinds have themselves.
func english() Labels {
	l := Labels{
		Types: map[string]string{}, Kinds: map[string]string{}, Outcomes: map[string]string{}, Statuses: map[activity.Status]string{},
		Categories: map[string]string{
			"email": "Email", "calls": "Calls", "notes": "Notes", "comments": "Comments", "contacts": "Contacts", "deals": "Deals",
			"signals": "Signals", "enrichment": "Enrichment", "prospecting": "Prospecting", "engagement": "Engagement",
		},
		Erased: "(erased)",
	}
	for _, t := range append(Types(), activity.Commented) {
		l.Types[t.Name()] = t.Options().Label
	}
	for _, k := range Kinds() {
		l.Kinds[k.Name] = k.Label
		for _, o := range k.Outcomes {
			if l.Outcomes[o.Name] == "" { // an export says "Duplicate found" where an import says "Duplicate"
				l.Outcomes[o.Name] = o.Label
			}
		}
	}
	for _, s := range activity.Statuses {
		l.Statuses[s] = s.String()
	}
	return l
}

// In returns the labels in a language, "es" for Spanish.
func In(locale string) Labels {
	if locale == "es" {
		return Spanish
	}
	return English
}
