package catalogue

import (
	"strings"

	"github.com/go-activity/activity"
)

// Translate returns a label in a language: of a type, a kind, an outcome kind, a category, an object or a quota, as the catalogue and
// the library have it. Categories and quotas have no labels but their names, which are made readable in English, too. What is
// not known, and what is in another language than Spanish, stays as it is.
func Translate(locale, label string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if text, ok := spanishOf[label]; ok && language == "es" {
		return text
	}
	if text, ok := englishOf[label]; ok {
		return text
	}
	return label
}

// englishOf are labels by the names of what has only a name.
var englishOf = map[string]string{
	"email": "Email", "calls": "Calls", "notes": "Notes", "comments": "Comments", "deals": "Deals", "signals": "Signals",
	"enrichment": "Enrichment", "prospecting": "Prospecting", "engagement": "Engagement", "tasks": "Tasks", "upkeep": "Upkeep", "hierarchy": "Structure",
	"scrapings": "Scrapings", "searches": "Searches", "invitations": "Invitations", "emails": "Emails",
	"workspace_scrapings": "Scrapings of the workspace", "workspace_searches": "Searches of the workspace",
	"workspace_invitations": "Invitations of the workspace", "workspace_emails": "Emails of the workspace",
}

// spanishOf are labels in Spanish by those in English.
var spanishOf = func() map[string]string {
	all := map[string]string{
		// The library's own.
		"Task queued": "Tarea en cola", "Task started": "Tarea iniciada", "Task completed": "Tarea completada", "Task failed": "Tarea fallida",
		"Task cancelled": "Tarea cancelada", "Task requeued": "Tarea de nuevo en cola",
		"Erased": "Borrado", "Removed by retention": "Eliminado por antigüedad", "Outcomes removed by retention": "Resultados eliminados por antigüedad",
		"Put under a legal hold": "Bajo retención legal", "Legal hold lifted": "Retención legal levantada",
		"Put below": "Puesto debajo", "Taken out": "Sacado", "Merged": "Fusionado", "Unmerged": "Separado", "Note": "Nota",
		"Undo": "Deshacer", "Reverted": "Revertido", "Kept because edited since": "Conservado por ediciones posteriores", "Failed": "Fallido",
		"Duplicate found": "Duplicado encontrado",
		// Categories.
		"tasks": "Tareas", "upkeep": "Mantenimiento", "hierarchy": "Estructura",
		// Objects, in the plural, and quotas.
		"companies": "empresas", "posts": "publicaciones", "messages": "mensajes", "emails": "correos",
		"scrapings": "Extracciones", "searches": "Búsquedas", "invitations": "Invitaciones",
		"workspace_scrapings": "Extracciones del espacio", "workspace_searches": "Búsquedas del espacio",
		"workspace_invitations": "Invitaciones del espacio", "workspace_emails": "Correos del espacio",
	}
	for category, text := range Spanish.Categories {
		all[category] = text
	}
	all["contacts"] = "contactos" // an object, too
	for _, t := range append(Types(), activity.Commented) {
		all[t.Options().Label] = Spanish.Types[t.Name()]
	}
	for _, k := range Kinds() {
		all[k.Label] = Spanish.Kinds[k.Name]
		for _, o := range k.Outcomes {
			if _, ok := all[o.Label]; !ok {
				all[o.Label] = Spanish.Outcomes[o.Name]
			}
		}
	}
	return all
}()
